"""Hidden checks for self_repair: a planted backup, frozen layers, and heads that nobody follows."""

import torch
from labkit import models
from labkit.planted import backup
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, items, tensor, unchanged

# Differences of logits of order 1; norms may work in float32 inside. A wrong position or a missing
# norm misses by more than a per cent.
FLOAT32 = {"atol": 5e-4, "rtol": 2e-3}
N_ROWS, N_POS = 5, 6


def _draw(seed: int, rng: torch.Generator, **config):
    """Draw a model, prompts, two tokens for each, and a head."""
    settings = {"n_layers": 3, "d_model": 14, "n_heads": 3, "d_head": 4, "d_mlp": 9, **config}
    model = models.random(seed, d_vocab=19, dtype=torch.float64, **settings)
    tokens = torch.randint(19, (N_ROWS, N_POS), generator=rng)
    correct = torch.randint(19, (N_ROWS,), generator=rng)
    wrong = (correct + 1 + torch.randint(18, (N_ROWS,), generator=rng)) % 19
    head = int(torch.randint(1, 3, (), generator=rng))
    return model, tokens, correct, wrong, head


def _pair(result: object, rows: int = N_ROWS) -> list[Tensor]:
    parts = items(result, 2, "the result")
    names = ("direct", "total")
    return [tensor(part, (rows,), name) for part, name in zip(parts, names, strict=True)]


def _difference(logits: Tensor, correct: Tensor, wrong: Tensor) -> Tensor:
    rows = torch.arange(len(logits))
    return logits[rows, -1, correct] - logits[rows, -1, wrong]


def _effects(
    model: TransformerBridge, tokens: Tensor, correct: Tensor, wrong: Tensor, head: tuple[int, int]
) -> list[Tensor]:
    """Direct effect by a run in which all that comes after is held as it was; total without."""
    layer, index = head

    def silence(z: Tensor, hook: object) -> Tensor:
        z = z.clone()
        z[:, :, index] = 0
        return z

    out = [(f"blocks.{layer}.attn.hook_z", silence)]
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
        held = [f"blocks.{later}.hook_attn_out" for later in range(layer + 1, model.cfg.n_layers)]
        if not model.cfg.attn_only:
            held += [f"blocks.{at}.hook_mlp_out" for at in range(layer, model.cfg.n_layers)]
        kept = [(name, lambda x, hook, name=name: cache[name]) for name in held]
        alone = model.run_with_hooks(tokens, fwd_hooks=[*out, *kept])
        reacts = model.run_with_hooks(tokens, fwd_hooks=out)
    clean = _difference(logits, correct, wrong)
    return [clean - _difference(other, correct, wrong) for other in (alone, reacts)]


def test_a_backup_makes_up_for_the_primary(student, seed, rng):
    """In a model with a planted backup the primary's direct effect is the whole difference and its
    total effect what the backup does not make up for; the backup itself has no effect at all."""
    strength = 0.4 + 0.4 * float(torch.rand((), generator=rng))
    planted = backup.build(seed, strength)
    told = (planted.model, planted.clean, planted.correct, planted.wrong)
    rows = len(planted.clean)
    direct, total = _pair(student.self_repair(*told, planted.truth["primary"]), rows)
    close(direct, torch.full((rows,), 3.0), **FLOAT32, because="the direct effect of the primary")
    left = torch.full((rows,), 3.0 * (1 - strength))
    close(total, left, **FLOAT32, because="the total effect of the primary")
    for effect in _pair(student.self_repair(*told, planted.truth["backup"]), rows):
        close(effect, torch.zeros(rows), **FLOAT32, because="an effect of the backup")


def test_direct_is_the_effect_with_all_else_held(student, seed, rng):
    """The direct effect is what is lost when the head is silent and all later layers do as they
    did; the total effect is what is lost when they react: one number for each prompt."""
    model, tokens, correct, wrong, head = _draw(seed, rng, n_layers=2)
    for place in ((0, head), (1, head - 1)):
        direct, total = _effects(model, tokens, correct, wrong, place)
        result, after = student.after("self_repair", model, tokens, correct, wrong, place)
        mine = _pair(result)
        close(mine[0], direct, **FLOAT32, because="the direct effect")
        close(mine[1], total, **FLOAT32, because="the total effect")
        unchanged(after[1:4], (tokens, correct, wrong))


def test_nobody_repairs_the_last_layer(student, seed, rng):
    """In a model without MLPs nothing comes after the heads of the last layer: there direct and
    total effect are equal, and not zero, with either kind of norm."""
    kind = ("RMS", "LN")[int(torch.randint(2, (), generator=rng))]
    model, tokens, correct, wrong, head = _draw(
        seed, rng, n_layers=2, attn_only=True, normalization_type=kind
    )
    direct, total = _pair(student.self_repair(model, tokens, correct, wrong, (1, head)))
    truth = _effects(model, tokens, correct, wrong, (1, head))[1]
    close(direct, truth, **FLOAT32, because="the direct effect")
    close(total, truth, **FLOAT32, because="the total effect")
    holds(bool((direct.abs() > 1e-6).any()), "A head of the last layer seems to do nothing.")


def test_both_turn_with_the_question(student, seed, rng):
    """Exchanging the two tokens turns both signs, and afterwards the model is as it was."""
    model, tokens, correct, wrong, head = _draw(seed, rng, n_layers=2)
    with torch.no_grad():
        clean = model(tokens)
    kept = student.keep(model)
    one = _pair(student.self_repair(kept, tokens, correct, wrong, (0, head)))
    turned = _pair(student.self_repair(kept, tokens, wrong, correct, (0, head)))
    direct, total = _effects(model, tokens, correct, wrong, (0, head))
    close(one[0], direct, **FLOAT32, because="the direct effect")
    close(turned[0], -direct, **FLOAT32, because="the direct effect with the tokens exchanged")
    close(turned[1], -total, **FLOAT32, because="the total effect with the tokens exchanged")
    close(kept(tokens), clean, because="the model's logits afterwards")

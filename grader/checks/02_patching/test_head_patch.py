"""Hidden checks for head_patch: planted heads, a closed form behind W_O, the count of passes."""

import torch
from labkit import models
from labkit.planted import sites
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}  # some students work in float32
EXACT = {"atol": 1e-5, "rtol": 1e-5}  # planted, no norm, float64: the rest of a softmax is left


def _scale(planted: sites.Sites, rng: torch.Generator):
    """A metric in units of its own, and its values on the clean and the corrupted prompt."""
    factor, shift = (1 + torch.rand(2, generator=rng, dtype=torch.float64)).tolist()

    def metric(logits: Tensor) -> Tensor:
        return factor * (logits[:, -1, planted.yes] - logits[:, -1, planted.no]) - shift

    with torch.no_grad():
        clean, corrupted = metric(planted.model(torch.stack([planted.clean, planted.corrupted])))
    return metric, float(clean), float(corrupted)


def _planted_map(planted: sites.Sites, clean: float, corrupted: float) -> Tensor:
    """What to find where each mover alone restores the answer."""
    n_layers, n_heads = planted.model.cfg.n_layers, planted.model.cfg.n_heads
    expected = torch.full((n_layers, n_heads), corrupted, dtype=torch.float64)
    for place in planted.movers:
        expected[place] = clean
    return expected


def test_the_planted_heads(student, seed, rng):
    """The heads that carry something, each of which is enough, restore the clean run's value when
    their z comes from it; every other head leaves the corrupted run's value."""
    planted = sites.two("or", seed, torch.float64)
    metric, clean, corrupted = _scale(planted, rng)
    found = student.head_patch(planted.model, planted.clean, planted.corrupted, metric)
    close(found, _planted_map(planted, clean, corrupted), **EXACT, because="the map")


def test_behind_w_o_everything_adds_up(student, seed, rng):
    """In a last block of attention alone, without norms, a head's effect is the change of its z,
    through its own part of W_O and the unembedding; and the heads' effects add up to that of all of
    attention's output. Heads that share keys and values are patched one by one."""
    model = models.random(
        seed, n_layers=1, attn_only=True, normalization_type=None, n_key_value_heads=2, d_head=5,
        dtype=torch.float64,
    )  # fmt: skip
    pair = torch.randint(model.cfg.d_vocab, (2, 7), generator=rng)
    pair[1, -1] = pair[0, -1]
    readout = torch.randn(model.cfg.d_vocab, generator=rng, dtype=torch.float64)

    def metric(logits: Tensor) -> Tensor:
        return logits[:, -1] @ readout

    kept = student.keep(model)
    found, after = student.after("head_patch", kept, *pair, metric)
    found = tensor(found, (1, 4), "the map")
    with torch.no_grad():
        logits, cache = model.run_with_cache(pair)
        change = (cache["z", 0][0] - cache["z", 0][1])[-1]
        by_head = torch.einsum("he,hed,dv,v->h", change, model.W_O[0], model.W_U, readout)
        whole = (cache["attn_out", 0][0] - cache["attn_out", 0][1])[-1] @ model.W_U @ readout
        ends = metric(logits)
    close(found[0], ends[1] + by_head, **FLOAT32, because="the effects of the heads")
    close((found - ends[1]).sum(), whole, **FLOAT32, because="the sum of the effects")
    unchanged(after[1:3], tuple(pair))
    close(kept(pair), logits, **FLOAT32, because="the model's logits afterwards")


def test_all_positions(student, seed, rng):
    """A head is patched at all positions, and what it changes there goes on through the later
    blocks: also a head that works at an early position shows."""
    model = models.random(seed, n_layers=2, dtype=torch.float64)
    clean, corrupted = torch.randint(model.cfg.d_vocab, (2, 6), generator=rng)
    corrupted[-1] = clean[-1]

    def metric(logits: Tensor) -> Tensor:
        return logits[:, -1].logsumexp(-1) + logits[:, -1, 5]

    found = tensor(student.head_patch(model, clean, corrupted, metric), (2, 4), "the map")
    layer, head = (int(torch.randint(n, (), generator=rng)) for n in (2, 4))
    with torch.no_grad():
        _, cache = model.run_with_cache(clean[None])
        for at in {(0, head), (layer, (head + 1) % 4)}:

            def put(z: Tensor, hook: object, at: tuple[int, int] = at) -> Tensor:
                others = [z[:, :, : at[1]], z[:, :, at[1] + 1 :]]
                own = cache["z", at[0]][:, :, at[1] : at[1] + 1]
                return torch.cat([others[0], own, others[1]], dim=2)

            hooks = [(f"blocks.{at[0]}.attn.hook_z", put)]
            expected = metric(model.run_with_hooks(corrupted[None], fwd_hooks=hooks))
            close(found[at], expected[0], **FLOAT32, because="an entry of the map")


def test_few_passes(student, seed, rng):
    """It takes at most n_layers + 2 forward passes, with the heads as rows of a batch."""
    planted = sites.single(seed, torch.float64)
    metric, clean, corrupted = _scale(planted, rng)
    passes = []

    # A call reaches the callables that it was given, by number: one for both uses.
    def metric_or_count(*seen: object) -> Tensor | None:
        if len(seen) == 1:
            return metric(*seen)
        passes.append(seen)  # of a forward hook: module, arguments, output
        return None

    kept = student.keep(planted.model)
    counted = ("original_model", "register_forward_hook")
    student.call(kept.handle.number, (metric_or_count,), {}, counted)
    found = student.head_patch(kept, planted.clean, planted.corrupted, metric_or_count)
    close(found, _planted_map(planted, clean, corrupted), **EXACT, because="the map")
    holds(len(passes) <= planted.model.cfg.n_layers + 2, "It takes more forward passes.")

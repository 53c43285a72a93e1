"""Hidden checks for attribution_patch: exact where nothing bends, a tangent where it does."""

from functools import lru_cache

import torch
from labkit import models
from labkit.planted import sites
from labkit.planted.linear import linear
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor, unchanged

# Sums of 24 products of order 1 in float64, of which one computation in float32 may come in; a
# wrong sign, gradient or axis misses by tens of per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}
NAMES = {"resid": "hook_resid_pre", "mlp": "hook_mlp_out", "attn": "hook_attn_out"}
N_POS = 6


def _pair(rng: torch.Generator) -> tuple[Tensor, Tensor, int, int]:
    """Two prompts that differ at positions 2 and 4 of 6, and two tokens to tell apart."""
    clean = torch.randint(37, (N_POS,), generator=rng)
    corrupted = clean.clone()
    corrupted[[2, 4]] = (clean[[2, 4]] + 1 + torch.randint(35, (2,), generator=rng)) % 37
    correct, wrong = torch.randperm(37, generator=rng)[:2].tolist()
    return clean, corrupted, correct, wrong


def _changes(
    model: TransformerBridge, clean: Tensor, corrupted: Tensor, correct: int, wrong: int,
    place: str, share: tuple[float, ...] = (1.0,),
) -> list[Tensor]:  # fmt: skip
    """Really patch each position of one site, this share of the way; the metric's change, [pos]."""
    with torch.no_grad():
        _, cache = model.run_with_cache(torch.stack([clean, corrupted]))
    there, here = cache[place].detach()
    mask = torch.eye(len(clean), dtype=torch.bool)[..., None]
    rows = torch.cat([torch.where(mask, here + part * (there - here), here) for part in share])
    with torch.no_grad():
        logits = model.run_with_hooks(
            corrupted.repeat(len(rows) + 1, 1),
            fwd_hooks=[(place, lambda x, hook: torch.cat([rows, here[None]]))],
        )[:, -1]
    metric = logits[:, correct] - logits[:, wrong]
    return list((metric[:-1] - metric[-1]).split(len(clean)))


@lru_cache(maxsize=8)
def _saturated(number: int) -> sites.Sites:
    """One of a few circuits: building one takes longer than the check."""
    return sites.saturated(number, dtype=torch.float64)


def test_exact_where_nothing_bends(student, seed, rng):
    """In a linear model a tangent is the function: for every kind of state the estimate is what
    patching that state at that position really changes."""
    model = linear(seed, n_layers=2)
    clean, corrupted, correct, wrong = _pair(rng)
    kinds = [("resid", "mlp", "attn")[i] for i in torch.randperm(3, generator=rng)[:2].tolist()]
    for kind in kinds:
        result, after = student.after(
            "attribution_patch", model, clean, corrupted, correct, wrong, kind
        )
        layer = int(torch.randint(2, (), generator=rng))
        place = f"blocks.{layer}.{NAMES[kind]}"
        (real,) = _changes(model, clean, corrupted, correct, wrong, place)
        estimate = tensor(result, (2, N_POS), "the estimate")
        close(estimate[layer], real, **FLOAT32, because=f"{kind} at layer {layer}")
        unchanged(after[1:], (clean, corrupted, correct, wrong, kind))


def test_is_the_tangent_at_the_corrupted_run(student, seed, rng):
    """In a model that bends, the estimate is the slope at the corrupted run: what a very small
    step from the corrupted state toward the clean one changes, divided by the step's share."""
    model = models.random(seed, n_layers=2, d_mlp=16, eps=0.05, dtype=torch.float64)
    clean, corrupted, correct, wrong = _pair(rng)
    result = student.attribution_patch(model, clean, corrupted, correct, wrong)
    step = 1e-5
    ahead, behind = _changes(
        model, clean, corrupted, correct, wrong, "blocks.1.hook_resid_pre", (step, -step)
    )
    estimate = tensor(result, (2, N_POS), "the estimate")
    # Central differences of step 1e-5 in float64: right to about 1e-9 of the metric.
    close(estimate[1], (ahead - behind) / (2 * step), **FLOAT32, because="the slope at layer 1")
    close(estimate[0, [0, 1, 3, 5]], torch.zeros(4), **FLOAT32,
          because="layer 0, where the prompts agree")  # fmt: skip


def test_blind_to_a_saturated_step(student, seed):
    """In this model the answer passes a step that is flat on both sides: on the path before it a
    patch changes everything, and a tangent sees nothing. Behind the step the estimate is right."""
    planted = _saturated(seed % 8)
    clean, corrupted, yes, no = planted.clean, planted.corrupted, planted.yes, planted.no
    result = student.attribution_patch(planted.model, clean.clone(), corrupted.clone(), yes, no)
    estimate = tensor(result, tuple(planted.joint.shape), "the estimate")
    (before,) = planted.paths
    close(estimate[before], torch.zeros(int(before.sum())), atol=1e-3, rtol=0,
          because="the path before the step")  # fmt: skip
    last = int(planted.joint.nonzero()[-1, 0])
    (real,) = _changes(planted.model, clean, corrupted, yes, no, f"blocks.{last}.hook_resid_pre")
    close(estimate[last], real, atol=1e-3, rtol=1e-3, because="the estimate behind the step")


def test_a_second_call_is_not_disturbed(student, seed, rng):
    """The function leaves no hook and nothing else in the model: called again, with the answers
    swapped, it gives the same map with the other sign; the two prompts are not exchangeable."""
    model = models.random(seed, n_layers=2, d_mlp=16, attn_only=True, dtype=torch.float64)
    clean, corrupted, correct, wrong = _pair(rng)
    kept = student.keep(model)
    shape = (2, N_POS)
    one = tensor(student.attribution_patch(kept, clean, corrupted, correct, wrong), shape)
    two = tensor(student.attribution_patch(kept, clean, corrupted, wrong, correct), shape)
    three = tensor(student.attribution_patch(kept, corrupted, clean, correct, wrong), shape)
    close(two, -one, **FLOAT32, because="with the answers swapped")
    gap = (one + three).abs().max() / one.abs().max().clamp(min=1e-9)
    holds(bool(gap > 1e-3), "With the prompts exchanged the tangent lies at the other run.")
    with torch.no_grad():
        after, before = kept(corrupted[None]), model(corrupted[None])
    close(after, before, **FLOAT32, because="the model's logits afterwards")

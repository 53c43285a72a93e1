"""Hidden checks for denoise_map: planted paths, another token, and the count of forward passes."""

import torch
from labkit import models
from labkit.planted import sites
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor, unchanged

# The random model's RMSNorm works in float32 inside; a wrong site misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
# The planted ones have no norm and are in float64: what is left is the rest of a softmax.
EXACT = {"atol": 1e-5, "rtol": 1e-5}


def _scale(planted: sites.Sites, rng: torch.Generator):
    """A metric in units of its own, and its values on the clean and the corrupted prompt."""
    factor, shift = (1 + torch.rand(2, generator=rng, dtype=torch.float64)).tolist()

    def metric(logits: Tensor) -> Tensor:
        return factor * (logits[:, -1, planted.yes] - logits[:, -1, planted.no]) - shift

    with torch.no_grad():
        clean, corrupted = metric(planted.model(torch.stack([planted.clean, planted.corrupted])))
    return metric, float(clean), float(corrupted)


def _pair(seed: int, rng: torch.Generator) -> tuple[TransformerBridge, Tensor, Tensor]:
    """A random model and two prompts that part at position 1."""
    model = models.random(seed, n_layers=2, dtype=torch.float64)
    clean, corrupted = torch.randint(model.cfg.d_vocab - 1, (2, 5), generator=rng)
    corrupted[0] = clean[0]
    same = corrupted[1:] == clean[1:]
    corrupted[1:] += same  # the last token of the vocabulary is never drawn
    return model, clean, corrupted


def _sharpness(logits: Tensor) -> Tensor:
    """A metric of all the logits, and linear in none."""
    return logits[:, -1].logsumexp(-1) - logits[:, -1].square().mean(-1) + logits[:, -1, 3]


def test_a_single_path(student, seed, rng):
    """In a model with one planted path the metric takes the clean run's value exactly along that
    path, layer by layer and position by position, and the corrupted run's everywhere else."""
    planted = sites.single(seed, torch.float64)
    metric, clean, corrupted = _scale(planted, rng)
    lit = (planted.paths[0] | planted.joint).double()
    found = student.denoise_map(planted.model, planted.clean, planted.corrupted, metric)
    close(found, corrupted + (clean - corrupted) * lit, **EXACT, because="the map")


def test_enough_or_not(student, seed, rng):
    """Where two paths meet in an OR, each place on either is enough; where they meet in an AND,
    none is, before the two have met."""
    gate = ("and", "or")[int(torch.randint(2, (), generator=rng))]
    planted = sites.two(gate, seed, torch.float64)
    metric, clean, corrupted = _scale(planted, rng)
    lit = planted.joint if gate == "and" else planted.joint | planted.paths[0] | planted.paths[1]
    found = student.denoise_map(planted.model, planted.clean, planted.corrupted, metric)
    close(found, corrupted + (clean - corrupted) * lit.double(), **EXACT, because="the map")


def test_one_site_at_a_time(student, seed, rng):
    """Each entry is a run in which one site alone comes from the other prompt. Before block 0 that
    is the corrupted prompt with the clean token there; where both prompts are still the same, a
    patch changes nothing. Prompts and model stay as they are."""
    model, clean, corrupted = _pair(seed, rng)
    kept = student.keep(model)
    found, after = student.after("denoise_map", kept, clean, corrupted, _sharpness)
    found = tensor(found, (2, 5), "the map")
    swapped = corrupted.repeat(5, 1)
    swapped.diagonal().copy_(clean)
    pos = int(torch.randint(1, 4, (), generator=rng))
    with torch.no_grad():
        plain, cache = model.run_with_cache(clean[None])
        expected = _sharpness(model(torch.cat([swapped, corrupted[None]])))
    close(found[0], expected[:5], **FLOAT32, because="layer 0")
    close(found[:, 0], expected[5:].expand(2), **FLOAT32, because="where both prompts are the same")

    def put(x: Tensor, hook: object) -> Tensor:
        one, two = x[:1].clone(), x[1:].clone()
        one[0, pos], two[0, 4] = cache["resid_pre", 1][0, pos], cache["resid_pre", 1][0, 4]
        return torch.cat([one, two])

    with torch.no_grad():
        hooks = [("blocks.1.hook_resid_pre", put)]
        expected = _sharpness(model.run_with_hooks(corrupted.repeat(2, 1), fwd_hooks=hooks))
    close(found[1, [pos, 4]], expected, **FLOAT32, because="layer 1")
    unchanged(after[1:3], (clean, corrupted))
    close(kept(clean[None]), plain, **FLOAT32, because="the model's logits afterwards")


def test_few_passes(student, seed, rng):
    """It takes at most n_layers + 2 forward passes, with the positions as rows of a batch."""
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
    found = student.denoise_map(kept, planted.clean, planted.corrupted, metric_or_count)
    lit = (planted.paths[0] | planted.joint).double()
    close(found, corrupted + (clean - corrupted) * lit, **EXACT, because="the map")
    holds(len(passes) <= planted.model.cfg.n_layers + 2, "It takes more forward passes.")

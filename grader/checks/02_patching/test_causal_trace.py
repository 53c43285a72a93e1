"""Hidden checks for causal_trace: single cells by hand, windows at the edges, a planted circuit."""

from functools import lru_cache

import torch
from labkit import models, native
from labkit.planted import sites
from torch import Tensor
from transformer_lens import ActivationCache
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, tensor, unchanged

# Probabilities of a model in float64, one computation in float32 may come in. They are of order
# 1/20, and a wrong state, window or baseline moves them by more than a tenth of that.
FLOAT32 = {"atol": 2e-5, "rtol": 1e-3}
NAMES = {"resid": "hook_resid_pre", "mlp": "hook_mlp_out", "attn": "hook_attn_out"}


Case = tuple[TransformerBridge, Tensor, Tensor, int]


@lru_cache(maxsize=8)
def _drawn(seed: int, n_layers: int) -> tuple[Case, ActivationCache]:
    """Draw a model, a prompt, noisy embeddings with the subject in the middle, and the answer.

    Once for all who sit before a check with this seed: the same case is needed many times when a
    mistake is to be named.
    """
    model = models.random(
        seed, n_layers=n_layers, n_heads=2, d_head=5, d_mlp=12, d_vocab=11,
        normalization_type=None, dtype=torch.float64,
    )  # fmt: skip
    weights = native.parameters(model)
    with torch.no_grad():  # heads that look around, and an answer that is never certain
        for layer in range(n_layers):
            weights[f"layers.{layer}.attn.q.weight"].mul_(0.1)
        weights["head.weight"].mul_(0.3)
    rng = torch.Generator().manual_seed(seed)
    tokens = torch.randint(11, (5,), generator=rng)
    corrupted = model.W_E[tokens].detach().repeat(2, 1, 1)
    corrupted[:, 1:3] += 2 * torch.randn(2, 2, 24, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        logits, clean = model.run_with_cache(tokens[None])
    return (model, tokens, corrupted, int(logits[0, -1].argmax())), clean


def _draw(seed: int, n_layers: int) -> Case:
    """The case, in tensors of one's own."""
    model, tokens, corrupted, answer = _drawn(seed, n_layers)[0]
    return model, tokens.clone(), corrupted.clone(), answer


@lru_cache(maxsize=32)
def _cell(seed: int, n_layers: int, places: tuple[str, ...], pos: int) -> Tensor:
    """One cell by hand: the noisy prompts as they are, and once with these states put back."""
    (model, tokens, corrupted, answer), clean = _drawn(seed, n_layers)

    def chance(put: list[object]) -> Tensor:
        start = ("hook_embed", lambda x, hook: corrupted)
        with torch.no_grad():
            logits = model.run_with_hooks(tokens.repeat(2, 1), fwd_hooks=[start, *put])
        return logits[:, -1].softmax(-1)[:, answer].mean()

    def putting(place: str) -> tuple[str, object]:
        value = clean[place][:, pos : pos + 1].expand(2, -1, -1)
        return place, lambda x, hook: torch.cat([x[:, :pos], value, x[:, pos + 1 :]], dim=1)

    return chance([putting(place) for place in places]) - chance([])


@lru_cache(maxsize=8)
def _planted(number: int) -> sites.Sites:
    """One of a few circuits: building one takes longer than the check."""
    return sites.sequence(number)


def test_single_cells(student, seed, rng):
    """A cell is the answer's probability with one clean state put back, minus the probability with
    noise alone, averaged over the samples; rows follow the layers asked for, in their order."""
    model, tokens, corrupted, answer = _draw(seed, 3)
    kind = ("resid", "mlp", "attn")[int(torch.randint(3, (), generator=rng))]
    layers = [2, 1]
    result, after = student.after("causal_trace", model, tokens, corrupted, answer, kind, layers)
    effects = tensor(result, (2, 5), "the effects")
    for row, pos in ((0, 4), (1, 2)):
        by_hand = _cell(seed, 3, (f"blocks.{layers[row]}.{NAMES[kind]}",), pos)
        close(effects[row, pos], by_hand, **FLOAT32, because=f"{kind} at layer {layers[row]}")
    unchanged(after[1:], (*_draw(seed, 3)[1:], kind, [2, 1]))


def test_windows(student, seed, rng):
    """A window of w layers starts w // 2 below the layer, and layers that are not there are left
    out: no other layer takes their place, and the window is not moved to fit."""
    model, tokens, corrupted, answer = _draw(seed, 4)
    kind = ("mlp", "attn")[int(torch.randint(2, (), generator=rng))]
    for window, layer, inside in ((2, 1, [0, 1]), (3, 0, [0, 1])):
        result = student.causal_trace(model, tokens, corrupted, answer, kind, [layer], window)
        effects = tensor(result, (1, 5), "the effects")
        by_hand = _cell(seed, 4, tuple(f"blocks.{near}.{NAMES[kind]}" for near in inside), 4)
        close(effects[0, 4], by_hand, **FLOAT32,
              because=f"a window of {window} at layer {layer} of 4")  # fmt: skip


def test_nothing_to_restore(student, seed):
    """Where the noisy run agrees with the clean one, restoring does nothing: before block 0 that
    is so everywhere but at the subject. Restoring all that a one-token subject is, at layer 0,
    brings the whole total effect back."""
    model, tokens, corrupted, answer = _draw(seed, 2)
    corrupted[:, 1] = model.W_E[tokens[1]].detach()  # now the subject is position 2 alone
    result = student.causal_trace(model, tokens, corrupted, answer, "resid", [0])
    start = [("hook_embed", lambda x, hook: corrupted)]
    with torch.no_grad():
        clean = model(tokens[None])[:, -1].softmax(-1)[:, answer]
        noisy = model.run_with_hooks(tokens.repeat(2, 1), fwd_hooks=start)
    expected = torch.zeros(1, 5, dtype=torch.float64)
    expected[0, 2] = clean - noisy[:, -1].softmax(-1)[:, answer].mean()
    close(result, expected, **FLOAT32, because="the effects at layer 0")


def test_two_planted_sites(student, seed):
    """In this model an early MLP looks something up at the subject and a late head fetches it: the
    trace of the stream lights up at the subject first and at the last position later, and nowhere
    else."""
    planted = _planted(seed % 8)
    model, tokens = planted.model, planted.clean.clone()
    drowned = model.W_E[planted.corrupted].detach()[None]
    layers = [0, 2, 4]
    effects = tensor(
        student.causal_trace(model, tokens, drowned, planted.yes, "resid", layers), (3, 7),
        "the effects",
    )  # fmt: skip
    lit = (planted.joint | planted.paths[0])[layers].double()
    # The planted answer has logit 6 above the other: restored it is nearly certain.
    close((effects > 0.5).double(), lit, atol=0, rtol=0, because="where the trace lights up")

"""Hidden checks for kl_to_final: torch's own KL, closed forms, and what logits leave open."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, tensor, unchanged

# One calculation in float32 may come in; log 2, a sum for a mean and the like miss by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _logits(rng: torch.Generator) -> Tensor:
    """Draw logits in which layer, batch, pos and vocab all differ, each row at its own level."""
    n_layers = int(torch.randint(3, 6, (), generator=rng))
    n_vocab = int(torch.randint(20, 30, (), generator=rng))
    logits = 2 * torch.randn(n_layers, 2, 7, n_vocab, generator=rng, dtype=torch.float64)
    return logits + torch.randn(n_layers, 2, 7, 1, generator=rng, dtype=torch.float64)


def test_is_the_kl_from_final_to_layer(student, rng):
    """Each entry is KL(final || layer) in nats: the sum over the vocabulary of
    p_final * (log p_final - log p_layer), one number per layer, prompt and position."""
    logits = _logits(rng)
    log_q = logits.log_softmax(-1)
    log_p = log_q[-1].expand_as(log_q)
    expected = functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)
    result, after = student.after("kl_to_final", logits)
    close(result, expected, **FLOAT32, because="KL(final || layer)")
    unchanged(after, (logits,))


def test_two_tokens_by_hand(student, rng):
    """With two tokens the KL can be worked out by hand: p log(p/q) + (1 - p) log((1-p)/(1-q)),
    with the natural logarithm, p from the last layer and q from the layer in question."""
    p = 0.6 + 0.35 * torch.rand(2, 5, generator=rng, dtype=torch.float64)
    q = 0.05 + 0.45 * torch.rand(3, 2, 5, generator=rng, dtype=torch.float64)
    probability = torch.cat([q, p[None]])
    level = torch.randn(4, 2, 5, 1, generator=rng, dtype=torch.float64)
    logits = torch.stack([probability.log(), (1 - probability).log()], dim=-1) + level
    pairs = zip(p.expand_as(q).flatten().tolist(), q.flatten().tolist(), strict=True)
    nats = [a * math.log(a / b) + (1 - a) * math.log((1 - a) / (1 - b)) for a, b in pairs]
    expected = torch.cat([torch.tensor(nats, dtype=torch.float64), torch.zeros(10)])
    close(student.kl_to_final(logits), expected.reshape(4, 2, 5), **FLOAT32, because="the KL")


def test_a_constant_in_the_logits_means_nothing(student, rng):
    """Adding a constant to all logits of one position changes no probability, so it changes no
    KL; the last layer stays at 0 and every other layer above it."""
    logits = _logits(rng)
    level = 10 * torch.randn(*logits.shape[:-1], 1, generator=rng, dtype=torch.float64)
    plain = tensor(student.kl_to_final(logits), tuple(logits.shape[:-1]), "the KL")
    close(plain[-1], torch.zeros_like(plain[-1]), **FLOAT32, because="the last layer")
    # Random layers are nats apart; now and then two are of one mind, but never to within rounding.
    holds(bool((plain[:-1] > 1e-5).all()), "A layer that disagrees with the last has a KL above 0.")
    close(student.kl_to_final(logits + level), plain, **FLOAT32, because="with constants added")


def test_certain_layers_stay_finite(student, rng):
    """A layer may be all but certain of a token the final layer calls impossible: the KL is then
    as large as the gap in its logits, not infinite or NaN. Take `log_softmax` of the logits;
    the logarithm of a softmax that rounds to 0 is lost."""
    n_vocab = int(torch.randint(20, 30, (), generator=rng))
    tokens = torch.randperm(n_vocab, generator=rng)[:3]
    gap = 900 + 100 * torch.rand(3, generator=rng, dtype=torch.float64)
    logits = torch.zeros(3, 1, 2, n_vocab, dtype=torch.float64)
    for layer in range(3):
        logits[layer, :, :, tokens[layer]] = gap[layer]
    # The last layer is certain of one token, an earlier one of another: log(1) + gap is left.
    expected = torch.cat([gap[:2], torch.zeros(1)])[:, None, None].expand(3, 1, 2)
    close(student.kl_to_final(logits), expected, atol=1e-3, rtol=1e-5, because="the KL")

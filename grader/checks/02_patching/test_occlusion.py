"""Hidden checks for occlusion: black boxes whose every answer is known."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged

FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}  # the box answers in float64; one difference is taken
N_VOCAB = 23


def _prompt(rng: torch.Generator) -> tuple[Tensor, int]:
    """Draw a prompt of distinct tokens, 0 not among them, and a replacement not in it."""
    n_pos = int(torch.randint(6, 9, (), generator=rng))
    tokens = 1 + torch.randperm(N_VOCAB - 1, generator=rng)[: n_pos + 1]
    return tokens[:-1].clone(), int(tokens[-1])


def _asked(prompts: object, n_pos: int) -> Tensor:
    """What the box was given, if it is something that it can answer."""
    right = isinstance(prompts, Tensor) and prompts.dim() == 2 and prompts.shape[1] == n_pos
    holds(right, "`f` takes prompts of shape [batch, pos].")
    whole = not prompts.is_floating_point() and not prompts.is_complex()
    holds(whole and prompts.dtype != torch.bool, "`f` takes whole numbers: tokens.")
    holds(bool(((prompts >= 0) & (prompts < N_VOCAB)).all()), "There is no such token.")
    return prompts.long()


def test_shares_of_a_sum(student, rng):
    """Where f adds up what each token is worth at its place, each position gets the worth of its
    token minus that of the replacement: what f loses is positive."""
    tokens, replacement = _prompt(rng)
    worth = 3 + torch.randn(len(tokens), N_VOCAB, generator=rng, dtype=torch.float64)
    places = torch.arange(len(tokens))

    def f(prompts: object) -> Tensor:
        return worth[places, _asked(prompts, len(tokens))].sum(-1)

    result, after = student.after("occlusion", f, tokens, replacement)
    lost = worth[places, tokens] - worth[:, replacement]
    close(result, lost, **FLOAT32, because="the map")
    unchanged(after[1:], (tokens, replacement))


def test_tokens_that_work_together(student, rng):
    """Each token is replaced alone, all others in place: of two tokens that are both needed each
    gets everything, of two of which one is enough each gets nothing."""
    tokens, replacement = _prompt(rng)
    places = torch.randperm(len(tokens), generator=rng)[:4]
    size = 1 + torch.rand(2, generator=rng, dtype=torch.float64)

    def f(prompts: object) -> Tensor:
        there = _asked(prompts, len(tokens)) == tokens
        both, either = there[:, places[:2]].all(-1), there[:, places[2:]].any(-1)
        return size[0] * both + size[1] * either + 5

    expected = torch.zeros(len(tokens), dtype=torch.float64)
    expected[places[:2]] = size[0]
    close(student.occlusion(f, tokens, replacement), expected, **FLOAT32, because="the map")


def test_the_replacement_counts(student, rng):
    """The covered token is replaced by the given one: a position that holds it already has
    nothing to lose, and a replacement that is worth more makes f rise."""
    tokens, replacement = _prompt(rng)
    at = int(torch.randint(len(tokens), (), generator=rng))
    tokens[at] = replacement
    worth = torch.randn(N_VOCAB, generator=rng, dtype=torch.float64)
    worth[replacement] = worth.max() + 1
    weight = 1 + torch.arange(len(tokens), dtype=torch.float64)

    def f(prompts: object) -> Tensor:
        return (weight * worth[_asked(prompts, len(tokens))]).sum(-1)

    expected = weight * (worth[tokens] - worth[replacement])
    close(student.occlusion(f, tokens, replacement), expected, **FLOAT32, because="the map")

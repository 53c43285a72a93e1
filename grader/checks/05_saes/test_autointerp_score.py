"""Hidden checks for autointerp_score: the two rates, chance by shuffling, and no score at all."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, number
from grader.judging.lines import StudentError

# A few sums of float32.
EXACT = {"atol": 1e-5, "rtol": 0}
SHUFFLES = 400
# A share of 400 draws has a standard error of .025 at most: five of them.
CHANCE = {"atol": 0.125, "rtol": 0}


def _texts(rng: torch.Generator, n: int, fires: int) -> Tensor:
    """Truth values for n texts in a random order, as many true as asked for."""
    return (torch.arange(n) < fires)[torch.randperm(n, generator=rng)]


def _confused(rng: torch.Generator, hit: int, missed: int, false: int, right: int):
    """Draw what is said and what fires, with these four counts, in a random order."""
    says = torch.tensor([True] * hit + [False] * missed + [True] * false + [False] * right)
    fires = torch.tensor([True] * (hit + missed) + [False] * (false + right))
    order = torch.randperm(len(says), generator=rng)
    return says[order], fires[order]


def _scored(student, says: Tensor, fires: Tensor, *more: int) -> tuple[float, float]:
    result = items(student.autointerp_score(says, fires, *more), 2, "the result")
    p = number(result[1], "p")
    holds(0 < p <= 1, "The p-value is not a share above 0: the explanation itself counts as one.")
    return number(result[0], "the score"), p


def _tail(says: Tensor, fires: Tensor) -> float:
    """The chance that a shuffled explanation does as well: a hypergeometric tail, exactly."""
    from scipy.stats import hypergeom

    hits = int((says & fires).sum())
    return float(hypergeom.sf(hits - 1, len(says), int(fires.sum()), int(says.sum())))


def test_the_mean_of_two_rates(student, rng):
    """The score is the mean of two shares: of the texts that fire, those for which it is said; of
    the texts that do not, those for which it is not. Neither common kind of text outweighs the
    other."""
    hit, missed, false, right = (3 + torch.randperm(20, generator=rng)[:4]).tolist()
    says, fires = _confused(rng, hit, missed, false, right)
    expected = (hit / (hit + missed) + right / (false + right)) / 2
    score, _ = _scored(student, says, fires, SHUFFLES)
    close(score, expected, **EXACT, because="the score")
    rare_says, rare_fires = _confused(rng, 2, 1, 1, 40)
    score, _ = _scored(student, rare_says, rare_fires, SHUFFLES)
    close(score, (2 / 3 + 40 / 41) / 2, **EXACT, because="the score of a rare latent")
    again = _scored(student, ~says, fires, SHUFFLES)[0]
    close(again, 1 - expected, **EXACT, because="the score of the opposite explanation")


def test_saying_yes_to_everything_earns_nothing(student, rng):
    """An explanation that fits every text, or none, scores one half, and no shuffle does worse:
    its p is 1. One that is always right scores 1."""
    n = int(torch.randint(12, 20, (), generator=rng))
    fires = _texts(rng, n, n // 4)
    for says in (torch.ones(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)):
        score, p = _scored(student, says, fires, SHUFFLES)
        close(score, 0.5, **EXACT, because="the score of one answer for all")
        close(p, 1.0, **EXACT, because="its p")
    score, p = _scored(student, fires, fires, SHUFFLES)
    close(score, 1.0, **EXACT, because="the score of an explanation that is always right")
    holds(p < 0.02, "An explanation that is always right has a large p.")


def test_p_is_the_share_of_shuffles_that_do_as_well(student, rng):
    """p is the share of shuffled explanations, the same answers given to other texts, that do at
    least as well; equal scores count, and worse ones do not."""
    cases = [(1, 5, 0, 6), (3, 3, 3, 5), (5, 3, 4, 8), (2, 6, 5, 3)]
    for counts in cases:
        says, fires = _confused(rng, *counts)
        _, p = _scored(student, says, fires, SHUFFLES)
        close(p, _tail(says, fires), **CHANCE, because="p")


def test_a_shuffled_explanation_is_found_out(student, rng):
    """An explanation that is right for most texts has a small p; the same answers, given to texts
    by chance, have a score and a p that chance would give."""
    says, fires = _confused(rng, 19, 1, 2, 18)
    _, p = _scored(student, says, fires, SHUFFLES)
    holds(p < 0.02, "An explanation that is right for most texts has a large p.")
    scores = []
    for _ in range(3):
        shuffled = says[torch.randperm(len(says), generator=rng)]
        score, p = _scored(student, shuffled, fires, SHUFFLES)
        close(p, _tail(shuffled, fires), **CHANCE, because="p of a shuffled explanation")
        scores.append(score)
    holds(max(scores) < 0.9, "A shuffled explanation scores as if it were right.")


def test_without_both_kinds_of_text_there_is_no_score(student, rng):
    """If the latent fires in all texts, or in none, an explanation cannot be tested: that is an
    error, not a number."""
    n = int(torch.randint(9, 15, (), generator=rng))
    says = _texts(rng, n, n // 2)
    score, _ = _scored(student, says, says, SHUFFLES)
    close(score, 1.0, **EXACT, because="the score with both kinds of text")
    for fires in (torch.ones(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)):
        try:
            student.autointerp_score(says, fires, SHUFFLES)
        except StudentError as error:
            kind = getattr(error, "kind", "")
            holds(kind not in ("", "limit", "NotImplementedError", "StudentFault"), str(error))
        else:
            holds(False, "With one kind of text only it returned something.")

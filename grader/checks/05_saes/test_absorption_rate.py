"""Hidden checks for absorption_rate: every kind of sample, counted by hand."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged
from grader.judging.lines import StudentError

# A share of a few dozen samples: the next share is 1e-2 away.
SHARE = {"atol": 1e-6, "rtol": 0}
MAIN, BY, WEAK, BESIDE, AGAINST, LATENTS = 2, 4, 1, 5, 0, 6


def _dictionary(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw decoder rows with known cosines to a concept, and the concept; none has length 1.

    MAIN points along it, BY by .6, WEAK by .05 (below the limit), BESIDE not at all, AGAINST by
    -.6.
    """
    basis, _ = torch.linalg.qr(torch.randn(9, 9, generator=rng, dtype=torch.float64))
    cosines = torch.zeros(LATENTS, dtype=torch.float64)
    cosines[[MAIN, BY, WEAK, AGAINST]] = torch.tensor([0.98, 0.6, 0.05, -0.6]).double()
    rows = cosines[:, None] * basis[0] + (1 - cosines.square()).sqrt()[:, None] * basis[1:7]
    sizes = 0.5 + torch.rand(LATENTS + 1, 1, generator=rng, dtype=torch.float64)
    return rows * sizes[:-1], 3 * sizes[-1] * basis[0]


def _samples(rng: torch.Generator, kinds: dict[tuple[int, ...], int]) -> Tensor:
    """So many samples of each kind, a kind being the latents that fire in it, with sizes 1 to 2."""
    rows = []
    for fires, count in kinds.items():
        z = torch.zeros(count, LATENTS, dtype=torch.float64)
        if fires:
            size = 1 + torch.rand(count, len(fires), generator=rng, dtype=torch.float64)
            z[:, list(fires)] = size
        rows.append(z)
    return torch.cat(rows)


def _counts(rng: torch.Generator, n: int) -> list[int]:
    return (2 + torch.randperm(n, generator=rng)).tolist()


def _shuffled(rng: torch.Generator, z: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(z), generator=rng)
    return z[order], present[order]


def test_counts_what_is_absorbed(student, rng):
    """Of all samples that hold the concept, those count in which the main latent is silent and
    another latent says the concept for it; not those that lack the concept, nor those in which
    nobody says it."""
    W_dec, concept = _dictionary(rng)
    said, absorbed, missed, beside, both, lacking = _counts(rng, 6)
    kinds = {
        (MAIN,): said, (BY,): absorbed, (): missed, (BESIDE,): beside, (MAIN, BY): both,
        (BY, BESIDE): lacking,
    }  # fmt: skip
    z = _samples(rng, kinds)
    present = torch.arange(len(z)) < len(z) - lacking
    z, present = _shuffled(rng, z, present)
    expected = absorbed / int(present.sum())
    arguments = (z, W_dec, concept, present, MAIN)
    result, after = student.after("absorption_rate", *arguments)
    close(result, expected, **SHARE, because="the rate")
    unchanged(after, arguments)


def test_who_says_most_of_it_decides(student, rng):
    """What a latent says of the concept is its activation times what its row has along the concept.
    The latent that says most of it has to point along it by the cosine asked for; a faint latent
    beside a loud one does not count, nor one that points against the concept."""
    W_dec, concept = _dictionary(rng)
    W_dec = W_dec / W_dec.norm(dim=1, keepdim=True)
    n = torch.tensor(_counts(rng, 4))
    z = torch.zeros(int(n.sum()), LATENTS, dtype=torch.float64)
    loud, quiet, against, plain = z.split(n.tolist())
    loud[:, WEAK], loud[:, BY] = 30.0, 0.2  # .05 x 30 is more than .6 x .2: not absorbed
    quiet[:, WEAK], quiet[:, BY] = 4.0, 1.5  # .05 x 4 is less than .6 x 1.5: absorbed
    against[:, AGAINST] = 2.0
    plain[:, MAIN] = 1.0
    present = torch.ones(len(z), dtype=torch.bool)
    z, present = _shuffled(rng, z, present)
    expected = int(n[1]) / len(z)
    close(student.absorption_rate(z, W_dec, concept, present, MAIN), expected, **SHARE,
          because="the rate")  # fmt: skip
    strict = student.absorption_rate(z, W_dec, concept, present, MAIN, 0.7)
    close(strict, 0.0, **SHARE, because="the rate when a cosine of 0.7 is asked for")


def test_no_scale_matters(student, rng):
    """A latent's scale can move from its row into its activation, and the concept's direction has
    no length: the rate stays what it was."""
    W_dec, concept = _dictionary(rng)
    said, absorbed, missed, beside = _counts(rng, 4)
    z = _samples(rng, {(MAIN,): said, (BY, WEAK): absorbed, (): missed, (WEAK, BESIDE): beside})
    present = torch.ones(len(z), dtype=torch.bool)
    z, present = _shuffled(rng, z, present)
    scale = 10 ** (4 * torch.rand(LATENTS, generator=rng, dtype=torch.float64) - 2)
    rates = [student.absorption_rate(z, W_dec, c * concept, present, MAIN) for c in (1, 0.01, 100)]
    # The faint one by its cosine has now a short row and a loud activation, now a long row.
    for weak, by in ((0.005, 3.0), (200.0, 0.02)):
        scale[WEAK], scale[BY] = weak, by
        moved = (z / scale, W_dec * scale[:, None])
        rates.append(student.absorption_rate(*moved, concept, present, MAIN))
    for rate in rates:
        close(rate, absorbed / len(z), **SHARE, because="the rate")


def test_no_sample_with_the_concept_is_an_error(student, rng):
    """Where no sample holds the concept there is no rate: that is an error, not a number."""
    W_dec, concept = _dictionary(rng)
    said, absorbed = _counts(rng, 2)
    z = _samples(rng, {(MAIN,): said, (BY,): absorbed})
    present = torch.ones(len(z), dtype=torch.bool)
    expected = absorbed / len(z)
    close(student.absorption_rate(z, W_dec, concept, present, MAIN), expected, **SHARE,
          because="the rate")  # fmt: skip
    try:
        student.absorption_rate(z, W_dec, concept, ~present, MAIN)
    except StudentError as error:
        kind = getattr(error, "kind", "")
        holds(kind not in ("", "limit", "NotImplementedError", "StudentFault"), str(error))
    else:
        holds(False, "Without a sample that holds the concept it returned something.")

"""Hidden checks for corrupt_subject: what is left alone, and the statistics of what is not."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# The spread of 7,000 draws lies within 1% of the truth, a mean over them within 1.2% of it; five
# times that is never exceeded, and every mistake misses by a quarter or more.
SPREAD = 0.06
N_SAMPLES = 40


def _inputs(rng: torch.Generator) -> tuple[Tensor, list[int], Tensor]:
    """Draw a prompt's embeddings, a subject inside it, and an embedding matrix.

    The matrix lies far from 0, its columns have levels and spreads of their own, and the prompt's
    embeddings are much larger: no other spread is that of all entries of the matrix.
    """
    n_pos, d_model, n_vocab = 9, 60, 150
    level = 2 + torch.randn(d_model, generator=rng, dtype=torch.float64)
    spread = 0.2 + 1.5 * torch.rand(d_model, generator=rng, dtype=torch.float64)
    W_E = level + spread * torch.randn(n_vocab, d_model, generator=rng, dtype=torch.float64)
    embeddings = 1 + 5 * torch.randn(n_pos, d_model, generator=rng, dtype=torch.float64)
    start = int(torch.randint(1, 5, (), generator=rng))
    return embeddings, [start, start + 1, start + 3], W_E


def _noise(result: object, embeddings: Tensor, subject: list[int], n_samples: int) -> Tensor:
    """What was added at the subject, [sample, subject, d_model]."""
    noisy = tensor(result, (n_samples, *embeddings.shape), "the noisy embeddings")
    return (noisy - embeddings)[:, subject]


def test_only_the_subject_is_touched(student, seed, rng):
    """Every position that is not the subject's is as it was, in every sample; every position of
    the subject got noise; and the embeddings that came in are not changed."""
    embeddings, subject, W_E = _inputs(rng)
    result, after = student.after("corrupt_subject", embeddings, subject, W_E, 5, seed % 1000)
    added = _noise(result, embeddings, list(range(len(embeddings))), 5)
    others = [pos for pos in range(len(embeddings)) if pos not in subject]
    # float32 noise on float64 embeddings of size 5 is exact where none is added.
    close(added[:, others], torch.zeros(5, len(others), embeddings.shape[1]), atol=1e-5, rtol=0,
          because="what was added at other positions")  # fmt: skip
    size = added[:, subject].square().mean(-1).sqrt()
    holds(bool((size > 0.2 * W_E.std()).all()), "A position of the subject got hardly any noise.")
    unchanged(after, (embeddings, subject, W_E, 5, seed % 1000))


def test_size_of_the_noise(student, seed, rng):
    """The noise is normal, lies around 0, and has the standard deviation of all entries of W_E
    times the factor, 3 when none is given; it does not depend on how large the embeddings are."""
    embeddings, subject, W_E = _inputs(rng)
    factor = 0.5 + float(torch.rand((), generator=rng))
    for given in ((), (factor,)):
        result = student.corrupt_subject(embeddings, subject, W_E, N_SAMPLES, seed % 1000, *given)
        unit = _noise(result, embeddings, subject, N_SAMPLES) / W_E.std()
        unit = unit / (given[0] if given else 3.0)
        close(unit.std(), 1.0, atol=SPREAD, rtol=0, because="the spread of the noise")
        close(unit.mean(), 0.0, atol=SPREAD, rtol=0, because="the mean of the noise")
        by_column = unit.flatten(0, 1).std(0)  # of 120 draws each
        holds(
            bool((by_column - 1).abs().max() < 0.4),
            "Some coordinates get more noise than others: one spread holds for all of them.",
        )
        # Within one standard deviation lie 68% of a normal's draws, 58% of a uniform's.
        inside = (unit.abs() < 1).double().mean()
        close(inside, 0.683, atol=0.04, rtol=0, because="the share of small noise")


def test_samples_and_positions_have_their_own_noise(student, seed, rng):
    """Each sample, each position of the subject and each coordinate has noise of its own: averaged
    over several of them it gets smaller, as independent numbers do."""
    embeddings, subject, W_E = _inputs(rng)
    result = student.corrupt_subject(embeddings, subject, W_E, N_SAMPLES, seed % 1000)
    unit = _noise(result, embeddings, subject, N_SAMPLES)
    unit = unit / unit.square().mean().sqrt().clamp(min=1e-9)
    for axis, name in enumerate(("samples", "positions", "coordinates")):
        root = unit.shape[axis] ** 0.5
        # Means of n independent numbers of spread 1 have spread 1/sqrt(n); of equal ones, 1.
        left = (unit.mean(axis) * root).square().mean().sqrt()
        close(left, 1.0, atol=0.4, rtol=0, because=f"the noise of different {name}, averaged")


def test_the_seed_decides(student, seed, rng):
    """The same seed gives the same noise, whatever it is added to; another seed gives other
    noise. A trace compares runs with one draw of noise, not with a fresh one each."""
    embeddings, subject, W_E = _inputs(rng)
    # Two prompts, three seeds; the first and the last call share theirs.
    seeds = [seed % 1000, seed % 1000 + 1, seed % 1000 + 2, seed % 1000]
    draws = []
    for number, own in enumerate(seeds):
        other = embeddings if number < 2 else embeddings.flip(0) * 0.5
        result = student.corrupt_subject(other, subject, W_E, 4, own)
        draws.append(_noise(result, other, subject, 4))
    shape = tuple(draws[0].shape)
    holds(bool(draws[0].abs().max() > 0.01), "There is no noise at the subject.")
    close(draws[3], draws[0], atol=1e-4, rtol=1e-4, because="the noise of the same seed")
    for one, two in ((0, 1), (1, 2), (0, 2)):
        apart = tensor(draws[one] - draws[two], shape).abs().mean()
        holds(bool(apart > 0.2 * W_E.std()), "Two different seeds gave the same noise.")

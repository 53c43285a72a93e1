"""Hidden checks for match_features: what is found, what only looks found, and the best pairing."""

import itertools

import torch
from torch import Tensor

from grader.assertions import close, holds, number, tensor, unchanged

# One normalisation and one product of float32, or float64.
ONCE = {"atol": 1e-5, "rtol": 1e-5}


def _unit(rows: Tensor) -> Tensor:
    return rows / rows.square().sum(1, keepdim=True).sqrt()


def _found(student, W_dec: Tensor, truth: Tensor) -> tuple[float, list[int], Tensor]:
    """The answer's three parts, each of the right form."""
    mmcs, partner, paired = student.match_features(W_dec, truth)
    partner = tensor(partner, (len(truth),), "the partners").long().tolist()
    holds(all(0 <= i < len(W_dec) for i in partner), "A partner is not the number of a latent.")
    return number(mmcs, "MMCS"), partner, tensor(paired, (len(truth),), "the paired cosines")


def _sizes(rng: torch.Generator, n: int) -> Tensor:
    return 0.3 + 3 * torch.rand(n, 1, generator=rng, dtype=torch.float64)


def test_finds_what_is_there(student, rng):
    """Where every true direction stands somewhere in the dictionary, among other rows and in
    another size, MMCS is 1 and each feature's partner is that row; the arguments are left as they
    are."""
    n, d_in = int(torch.randint(4, 7, (), generator=rng)), 11
    truth = torch.randn(n, d_in, generator=rng, dtype=torch.float64) * _sizes(rng, n)
    other = torch.randn(n + 3, d_in, generator=rng, dtype=torch.float64)
    order = torch.randperm(2 * n + 3, generator=rng)
    W_dec = torch.cat([truth * _sizes(rng, n), other])[order]
    result, after = student.after("match_features", W_dec, truth)
    mmcs, partner, paired = result
    close(mmcs, 1.0, **ONCE, because="MMCS")
    close(partner, order.argsort()[:n], atol=0, rtol=0, because="the partners")
    close(paired, torch.ones(n), **ONCE, because="the paired cosines")
    unchanged(after, (W_dec, truth))


def test_duplicates_do_not_score_twice(student, rng):
    """A direction that the dictionary has three times counts for one feature. One latent between
    two similar features is the best for both, and the partner of one only."""
    d_in = 12
    basis, _ = torch.linalg.qr(torch.randn(d_in, d_in, generator=rng, dtype=torch.float64))
    truth, elsewhere = basis[:, :4].mT, basis[:, 4:].mT
    W_dec = torch.cat([truth[:1] * _sizes(rng, 3), elsewhere[:3]])
    mmcs, partner, paired = _found(student, W_dec, truth)
    close(mmcs, 0.25, **ONCE, because="MMCS with one of four directions found, three times")
    close(paired.sum(), 1.0, **ONCE, because="the sum of the paired cosines")
    holds(len(set(partner)) == 4, "Two features have the same partner.")
    similar = torch.stack([truth[0] + 0.4 * truth[1], truth[0] - 0.4 * truth[1], truth[2]])
    mmcs, partner, paired = _found(student, torch.cat([truth[:1], elsewhere[:4]]), similar)
    one = 1 / 1.16**0.5
    close(mmcs, 2 * one / 3, **ONCE, because="MMCS with one latent for two features")
    close(paired.sum(), one, **ONCE, because="the sum of the paired cosines")


def test_a_sign_is_not_free(student, rng):
    """A latent's activation is never negative, so a row that points the opposite way has not found
    the feature."""
    basis, _ = torch.linalg.qr(torch.randn(9, 9, generator=rng, dtype=torch.float64))
    truth = basis[:, :3].mT * _sizes(rng, 3)
    W_dec = torch.cat([-truth[:2], truth[2:] + 0 * truth[:1], basis[:, 5:7].mT]) * _sizes(rng, 5)
    mmcs, partner, paired = _found(student, W_dec, truth)
    close(mmcs, 1 / 3, **ONCE, because="MMCS with two of three directions turned around")
    close(paired.sum(), 1.0, **ONCE, because="the sum of the paired cosines")
    holds(partner[2] == 2, "The third feature's partner is not the row that points along it.")


def test_the_pairing_is_the_best_one(student, rng):
    """No other way to give each feature a latent of its own has a larger sum of cosines; and the
    paired cosines are those of the partners."""
    n, latents = 4, int(torch.randint(5, 7, (), generator=rng))
    # Rows of the dictionary are axes, so the entries of a truth of length 1 are its cosines.
    wanted = 0.15 * torch.rand(n, latents, generator=rng, dtype=torch.float64)
    # Whoever takes the largest entry first, or the features in order, gives latent 0 to feature 0.
    wanted[0, :2] = torch.tensor([0.66, 0.6], dtype=torch.float64)
    wanted[1, :2] = torch.tensor([0.6, 0.1], dtype=torch.float64)
    wanted[2:, 2] = torch.tensor([0.5, 0.7], dtype=torch.float64)
    rest = (1 - wanted.square().sum(1)).sqrt()
    truth = torch.cat([wanted, torch.diag(rest)], 1) * _sizes(rng, n)
    W_dec = torch.eye(latents, latents + n, dtype=torch.float64) * _sizes(rng, latents)
    cosines = _unit(truth)[:, :latents]
    best = max(
        sum(float(cosines[row, column]) for row, column in enumerate(columns))
        for columns in itertools.permutations(range(latents), n)
    )
    mmcs, partner, paired = _found(student, W_dec, truth)
    holds(len(set(partner)) == n, "Two features have the same partner.")
    close(mmcs, cosines.amax(1).mean(), **ONCE, because="MMCS")
    close(paired, cosines[torch.arange(n), partner], **ONCE, because="the partners' cosines")
    close(paired.sum(), best, **ONCE, because="the sum of the paired cosines")

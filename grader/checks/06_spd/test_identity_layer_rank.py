"""Hidden checks for identity_layer_rank: layers taken apart by hand, so that all is known."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, number, unchanged

# Ratios of norms, in float64 or once in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _gates(rng: torch.Generator, live: list[int], n: int, batch: int = 11) -> Tensor:
    """Gates that open on one input for the live (the last two on the same), and never for others.

    Means are small, and every input finds some gate closed.
    """
    g = 0.05 * torch.rand(batch, n, generator=rng, dtype=torch.float64)
    for place, component in enumerate(live):
        g[1 + min(place, len(live) - 2), component] = 0.4 + 0.6 * float(
            torch.rand((), generator=rng)
        )
    return g


def _apart(W: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A slanted set of rank-one matrices that add up to W [out, in]: as many as its rank."""
    left, sizes, right = torch.linalg.svd(W, full_matrices=False)
    rank = int((sizes > 1e-9).sum())
    mix = torch.eye(rank, dtype=W.dtype) + 0.3 * torch.randn(rank, rank, generator=rng).to(W)
    U = left[:, :rank] * sizes[:rank] @ torch.linalg.inv(mix)
    return U, mix @ right[:rank]


def _with(U: Tensor, V: Tensor, more: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Further components, behind the others."""
    return torch.cat([U, more], dim=1), torch.cat([V, rows])


def _drawn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def _orthogonal(rng: torch.Generator, n: int) -> Tensor:
    return torch.linalg.qr(_drawn(rng, n, n))[0]


def _answer(value: object, live: int, rank: int, missing: float) -> None:
    found = items(value, 3, "what comes back")
    holds(number(found[0], "the live components") == live, "The live components are miscounted.")
    holds(number(found[1], "the rank") == rank, "The rank is not right.")
    close(found[2], missing, **FLOAT32, because="what is missing")


def test_an_identity_in_a_slanted_basis(student, rng):
    """An identity layer of width m that m live components make up, in whatever basis, has m live
    components of rank m and misses nothing; closed gates do not count, however large what they
    close; a gate that opens on a single input does."""
    m = int(torch.randint(3, 6, (), generator=rng))
    W = torch.eye(m, dtype=torch.float64)
    U, V = _apart(W, rng)
    # Large closed ones that cancel in pairs.
    U, V = _with(U, V, *(_both(rng, m)))
    order = torch.randperm(U.shape[1], generator=rng)
    place = order.argsort().tolist()
    U, V = U[:, order], V[order]
    g = _gates(rng, place[:m], len(V))
    arguments = [W, U, V, g]
    result, after = student.after("identity_layer_rank", *arguments)
    _answer(result, m, m, 0.0)
    unchanged(after, arguments)


def _both(rng: torch.Generator, m: int, n: int = 0) -> tuple[Tensor, Tensor]:
    """Two large components that cancel."""
    write, read = 3 * _drawn(rng, m, 1), _drawn(rng, 1, n or m)
    return torch.cat([write, -write], dim=1), torch.cat([read, read])


def test_split_and_small_components(student, rng):
    """Components that share one direction count each, and give the rank 1 between them; a live
    component that is next to nothing counts as live and not towards the rank."""
    out, width, rank = 6, 8, 3
    W = _orthogonal(rng, out)[:, :rank] @ _orthogonal(rng, width)[:rank]
    U, V = _apart(W, rng)
    twice = torch.tensor([0.3, 0.7], dtype=torch.float64)
    U = torch.cat([U[:, :1] * twice, U[:, 1:]], dim=1)
    V = torch.cat([V[:1], V])
    tiny = _drawn(rng, out, 1), _drawn(rng, 1, width)
    tiny = tuple(one / one.norm() for one in tiny)
    U, V = _with(U, V, 0.02 * tiny[0], tiny[1])
    n = len(V)
    g = _gates(rng, list(range(n)), n)
    g[:, 1] = g[:, 0]  # the two halves open together
    # 5 live ones: the two halves, the two others, the tiny one, which W lacks.
    missing = 0.02 / rank**0.5
    _answer(student.identity_layer_rank(W, U, V, g), n, rank, missing)


def test_what_the_live_ones_lack(student, rng):
    """What is missing is the length of W minus the live sum over the length of W; the rank counts
    against W's largest singular value, so that the crumbs of a lost layer are no rank."""
    out, width = 7, 5
    sizes = torch.tensor([6.0, 1.5, 1.2, 0.25, 0.2], dtype=torch.float64)
    left, right = _orthogonal(rng, out)[:, :width], _orthogonal(rng, width)
    scale = 10 ** float(2 * torch.rand((), generator=rng) - 1)
    U, V = scale * left * sizes, right
    W = U @ V
    for live in ([1, 2, 3, 4], [0, 2, 4], [3, 4]):
        gone = [i for i in range(width) if i not in live]
        missing = float(sizes[gone].norm() / sizes.norm())
        rank = sum(bool(sizes[i] > 0.6) for i in live)
        result = student.identity_layer_rank(W, U, V, _gates(rng, live, width))
        _answer(result, len(live), rank, missing)


def test_the_threshold_and_a_layer_with_nothing(student, rng):
    """The threshold is the argument's; where no gate passes it there are no live components, the
    rank is 0 and the whole layer is missing."""
    n, width = 4, 6
    sizes = torch.tensor([1.0, 0.7, 0.4, 0.2], dtype=torch.float64)
    U, V = _orthogonal(rng, n) * sizes, _orthogonal(rng, width)[:n]
    W = U @ V
    g = 0.02 * torch.rand(9, n, generator=rng, dtype=torch.float64)
    tops = torch.tensor([0.08, 0.2, 0.45, 0.85], dtype=torch.float64)
    for component in range(n):
        g[2 + component, component] = tops[component]
    for threshold, live in ((0.05, 4), (0.3, 2), (0.6, 1), (0.95, 0)):
        missing = float(sizes[: n - live].norm() / sizes.norm())
        _answer(student.identity_layer_rank(W, U, V, g, threshold), live, live, missing)
    default = items(student.identity_layer_rank(W, U, V, g), 3, "what comes back")
    holds(number(default[0], "the live components") == 3, "Without a threshold it is 0.1.")


def test_the_gauge(student, rng):
    """Moving size and sign between U and V, turning input and output, scaling the whole layer:
    neither count changes, nor what is missing."""
    out, width, rank = 5, 7, 3
    W = _orthogonal(rng, out)[:, :rank] @ _orthogonal(rng, width)[:rank]
    U, V = _with(*_apart(W, rng), *_both(rng, out, width))
    n = len(V)
    live = [0, 1, 2, n - 1]  # one of the two that cancel is live, and so nothing cancels
    g = _gates(rng, live, n)
    rest = W - U[:, live] @ V[live]
    whole = torch.linalg.svdvals(U[:, live] @ V[live])
    counted = int((whole > 0.1).sum())
    missing = float(rest.norm() / W.norm())
    _answer(student.identity_layer_rank(W, U, V, g), 4, counted, missing)
    gauge = (0.2 + 3 * torch.rand(n, generator=rng, dtype=torch.float64)) * torch.tensor(
        [1.0, -1.0], dtype=torch.float64
    ).repeat(n)[:n]
    one, other = _orthogonal(rng, out), _orthogonal(rng, width)
    for factor in (1e-3, 40.0):
        turned = (factor * one @ W @ other, factor * one @ U * gauge, V / gauge[:, None] @ other)
        _answer(student.identity_layer_rank(*turned, g), 4, counted, missing)

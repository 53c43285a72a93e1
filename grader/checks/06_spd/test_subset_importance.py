"""Hidden checks for subset_importance: layers of few components, every subset tried here, too."""

import torch
from torch import Tensor

from grader.assertions import holds, unchanged

Parts = dict[str, tuple[Tensor, Tensor]]


def _drawn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def _uniform(rng: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def _outputs(x: Tensor, weights: dict[str, Tensor], bias: Tensor, layer: str, kept: Tensor,
             parts: Parts) -> Tensor:  # fmt: skip
    """What the toy model says when only some components of one layer are left."""
    U, V = parts[layer]
    made = {**weights, layer: U @ torch.diag(kept) @ V}
    return torch.relu(x @ made["embed"].mT @ made["unembed"].mT + bias)


def _enough(x: Tensor, weights: dict[str, Tensor], bias: Tensor, parts: Parts, layer: str,
            tolerance: float) -> Tensor:  # fmt: skip
    """For each subset, as a number in binary: [2^C, batch], may any of the rest be cut out?"""
    n = parts[layer][1].shape[0]
    target = torch.relu(x @ weights["embed"].mT @ weights["unembed"].mT + bias)
    fine = []
    for subset in range(2**n):
        kept = torch.tensor([float(subset >> c & 1) for c in range(n)], dtype=torch.float64)
        moved = (_outputs(x, weights, bias, layer, kept, parts) - target).abs().amax(1)
        fine.append(moved <= tolerance)
    every = torch.arange(2**n)
    holds_all = (every[:, None] & every) == every  # [more, subset]
    broken = holds_all.double().mT @ (~torch.stack(fine)).double()
    return broken == 0


def _right(answer: object, enough: Tensor, n: int) -> None:
    """Any smallest subset that is enough will do, for each input."""
    batch = enough.shape[1]
    holds(isinstance(answer, Tensor) and answer.shape == (batch, n), "The shape is not right.")
    sizes = torch.tensor([bin(subset).count("1") for subset in range(2**n)])
    for row, marked in enumerate(answer.tolist()):
        chosen = sum(2**c for c in range(n) if marked[c])
        holds(bool(enough[chosen, row]), f"Input {row}: cutting out some others moves an output.")
        least = int(sizes[enough[:, row]].min())
        holds(int(sizes[chosen]) == least, f"Input {row}: fewer components are enough.")


def _graded(student, x, weights, bias, parts, layer: str, tolerance: float) -> Tensor:
    """Call it, and hold the answer against all subsets."""
    arguments = [student.tms(bias), x, weights, parts, layer, tolerance]
    result, after = student.after("subset_importance", *arguments)
    enough = _enough(x, weights, bias, parts, layer, tolerance)
    _right(result, enough, parts[layer][1].shape[0])
    unchanged(after[1:4], (x, weights, parts))
    return result


def _two_matrices(rng: torch.Generator, features: int) -> dict[str, Tensor]:
    """Features that do not interfere: what goes in comes out, scaled."""
    sizes = _uniform(rng, 0.8, 1.6, features)
    turned = torch.linalg.qr(_drawn(rng, features + 1, features))[0]
    return {"embed": turned * sizes, "unembed": turned.mT.clone()}


def test_one_component_a_feature(student, rng):
    """Where features do not interfere and each has one component, the components of the features
    that are there matter and no others; one whose neuron stays below zero does not matter, however
    active it is; nothing that was passed in is changed."""
    n = 5
    weights = _two_matrices(rng, n)
    bias = _uniform(rng, -0.1, 0.4, n)
    bias[3] = -5.0
    x = _uniform(rng, 0.5, 1.0, 9, n) * (torch.rand(9, n, generator=rng) < 0.5)
    x[0] = 0
    scale = _uniform(rng, 0.5, 2.0, n) * torch.tensor([1.0, -1, 1, -1, 1], dtype=torch.float64)
    unread = (
        _drawn(rng, n, n + 1),
        _drawn(rng, n + 1, n + 1),
    )  # the other layer's are not used at all
    parts = {
        "embed": (weights["embed"] / scale, torch.diag(scale)),
        "unembed": (unread[0], unread[1]),
    }
    found = _graded(student, x, weights, bias, parts, "embed", 0.05)
    expected = x > 0
    expected[:, 3] = False
    holds(bool((found == expected).all()), "These are not the components of what is there.")


def _wired(rng: torch.Generator, writes: list[list[float]], bias: list[float], batch: int):
    """A read-out whose components do as they are told.

    Component c reads dimension c alone, which is 1 where input feature c is there, and writes
    ``writes[c]``.
    """
    n = len(writes)
    U = torch.tensor(writes, dtype=torch.float64).mT
    scale = _uniform(rng, 0.5, 2.0, n)
    embed = torch.linalg.qr(_drawn(rng, n, n))[0]
    V = scale[:, None] * embed.mT  # each reads its own direction of the slanted basis
    U = U / scale
    weights = {"embed": embed, "unembed": U @ V}
    parts = {"embed": (embed.clone(), torch.eye(n, dtype=torch.float64)), "unembed": (U, V)}
    x = (torch.rand(batch, n, generator=rng) < 0.7).double()
    x[0] = 1
    return x, weights, torch.tensor(bias, dtype=torch.float64), parts


def test_two_that_cancel(student, rng):
    """Two components that cancel each other, so that leaving both out changes nothing, matter both:
    leaving one of them out does."""
    loud = _uniform(rng, 1.0, 2.0, 3)
    writes = [[float(loud[0]), 0, 0], [0, float(loud[1]), 0], [0, 0, float(loud[2])]]
    x, weights, bias, parts = _wired(rng, writes, [0.1, 0.2, 0.3], 6)
    U, V = parts["unembed"]
    # The quarrel is over what the first two components read: heard where either is there.
    read, write = (V[:1] / V[0].norm() + V[1:2] / V[1].norm()), _uniform(rng, 0.5, 1.5, 3, 1)
    parts["unembed"] = (torch.cat([U, write, -write], 1), torch.cat([V, read, read]))
    found = _graded(student, x, weights, bias, parts, "unembed", 0.1)
    holds(bool(found[0, 3:].all()), "Neither of two that cancel can be left out alone.")


def test_one_stands_in_for_another(student, rng):
    """Where either of two components holds an output below zero, one of them is enough, and one is
    needed."""
    either = [[-3.0, 0.0, 0], [-3.0, 0.0, 0], [0.0, 1.3, 0], [0.0, 0.0, 2.0]]
    x, weights, bias, parts = _wired(rng, either, [1.5, 0.2, 0.1], 6)
    found = _graded(student, x, weights, bias, parts, "unembed", 0.1)
    holds(int(found[0, :2].sum()) == 1, "One of the two is enough, and one is needed.")


def test_one_for_two_and_two_for_one(student, rng):
    """Where one large component or two small ones hold an output below zero, the smallest set is
    the large one; where only two together raise an output above zero, both are needed."""
    large = float(_uniform(rng, 3.5, 4.5))
    order = torch.randperm(5, generator=rng).tolist()
    pushes = [[-large, 0.0], [-1.6, 0.0], [-1.6, 0.0], [0.0, 0.8], [0.0, 0.8]]
    x, weights, bias, parts = _wired(rng, [pushes[i] for i in order], [2.5, -1.0], 6)
    found = _graded(student, x, weights, bias, parts, "unembed", 0.1)
    place = [order.index(i) for i in range(5)]
    holds(found[0, place].tolist() == [True, False, False, True, True], "All are there in input 0.")


def test_the_tolerance_holds_for_each_output(student, rng):
    """An input is judged by itself, and every output must stay within the tolerance: a small change
    of all of them is fine, the same change of one is not; what is small is said by the argument."""
    writes = [[0.3] * 4, [0.9, 0.0, 0.0, 0.0], [0.0, -0.5, 0.0, 0.0], [0.0, 0.0, 0.05, 0.05]]
    x, weights, bias, parts = _wired(rng, writes, [1.0, 1.1, 1.2, 1.3], 7)
    x = x * _uniform(rng, 0.9, 1.1, 7, 1)
    counts = []
    for tolerance in (0.01, 0.2, 0.42, 2.5):
        counts.append(int(_graded(student, x, weights, bias, parts, "unembed", tolerance).sum()))
    holds(counts[-1] == 0 < counts[0], "The tolerance is not heeded.")


def test_interfering_features(student, rng):
    """In a drawn toy model whose features interfere, in which components share what they write, and
    in either of its two layers: the smallest subsets are the right ones for every input."""
    features, width = 4, 2
    embed = _drawn(rng, width, features)
    embed = embed / embed.norm(dim=0)
    weights = {"embed": embed, "unembed": embed.mT + 0.1 * _drawn(rng, features, width)}
    bias = _uniform(rng, -0.4, 0.2, features)
    x = _uniform(rng, 0.4, 1.0, 12, features) * (torch.rand(12, features, generator=rng) < 0.5)
    parts = {}
    for name, W in weights.items():
        n, (out, into) = 5, W.shape
        V = _drawn(rng, n, into)
        U = W @ torch.linalg.pinv(V)
        if into < n:  # freedom that does not show in the sum
            U = U + 0.5 * _drawn(rng, out, n) @ (torch.eye(n).double() - V @ torch.linalg.pinv(V))
        parts[name] = (U, V)
    for layer in ("embed", "unembed"):
        _graded(student, x, weights, bias, parts, layer, float(_uniform(rng, 0.1, 0.2)))

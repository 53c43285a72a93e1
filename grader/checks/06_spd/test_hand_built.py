"""Hidden checks for hand_built: faithful, masked at will, and no gate open without need."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, items, tensor, unchanged

# Two layers of sums of a few numbers of about 1, in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}
BATCH, HIDDEN = 30, 3


class _Toy:
    """A toy model whose two matrices are not each other's transpose, and inputs for it."""

    def __init__(self, rng: torch.Generator) -> None:
        self.n = int(torch.randint(5, 8, (), generator=rng))
        self.weights = {
            "embed": torch.randn(HIDDEN, self.n, generator=rng),
            "unembed": torch.randn(self.n, HIDDEN, generator=rng),
        }
        self.bias = -0.1 - 0.6 * torch.rand(self.n, generator=rng)
        there = torch.rand(BATCH, self.n, generator=rng) < 0.4
        there[0] = False  # a sample without any feature
        self.x = there * (0.1 + torch.rand(BATCH, self.n, generator=rng))
        hidden = self.x @ self.weights["embed"].mT
        self.inputs = {"embed": self.x, "unembed": hidden}
        self.pre = hidden @ self.weights["unembed"].mT + self.bias
        # Where an output all but vanishes, its gate is a matter of rounding.
        self.sure = self.pre.abs() > 1e-4


Answer = tuple[dict[str, tuple[Tensor, Tensor]], dict[str, Tensor]]


def _answer(student, toy: _Toy) -> Answer:
    result, after = student.after("hand_built", toy.weights, toy.bias, toy.inputs)
    unchanged(after, (toy.weights, toy.bias, toy.inputs))
    parts, g = items(result, 2, "what comes back")
    for what, name in ((parts, "the components"), (g, "the gates")):
        good = isinstance(what, dict) and set(what) == {"embed", "unembed"}
        holds(good, f"{name.capitalize()} must be a dictionary of embed and unembed.")
    found, gates = {}, {}
    for name, W in toy.weights.items():
        U, V = items(parts[name], 2, f"the components of {name}")
        C = len(V) if isinstance(V, Tensor) and V.dim() == 2 else 0
        holds(0 < C <= 100, f"The V of {name} must have a row for each component.")
        found[name] = tensor(U, (W.shape[0], C), "U"), tensor(V, (C, W.shape[1]), "V")
        gates[name] = tensor(g[name], (BATCH, C), f"the gates of {name}")
    return found, gates


def _masked(toy: _Toy, parts: dict[str, tuple[Tensor, Tensor]], masks: dict[str, Tensor]) -> Tensor:
    a = toy.x.double()
    for name, (U, V) in parts.items():
        a = (a @ V.mT * masks[name]) @ U.mT
    return torch.relu(a + toy.bias)


def _ordered(answer: Answer) -> Answer:
    return {n: answer[0][n] for n in ("embed", "unembed")}, answer[1]


def test_the_components_sum_to_the_matrices(student, rng):
    """In both layers the components sum to the matrix, and the arguments stay as they are."""
    toy = _Toy(rng)
    parts, _ = _answer(student, toy)
    for name, (U, V) in parts.items():
        close(U @ V, toy.weights[name], **FLOAT32, because=f"the sum of {name}'s components")


def test_one_component_for_each_feature(student, rng):
    """Each column of embed and each row of unembed has a component of its own, of the right
    direction and the right size."""
    toy = _Toy(rng)
    parts, _ = _answer(student, toy)
    for name, (U, V) in parts.items():
        W = toy.weights[name].double()
        made = torch.einsum("oc,ci->coi", U, V)
        if name == "unembed":
            W, made = W.mT, made.mT
        cosines = functional.cosine_similarity(made, W[None], dim=1)
        best = cosines.max(0)
        close(best.values, torch.ones(toy.n), **FLOAT32, because=f"the directions of {name}")
        sizes = made.norm(dim=1)[best.indices, torch.arange(toy.n)]
        close(sizes, W.norm(dim=0), **FLOAT32, because=f"the sizes of {name}")
        holds(len(set(best.indices.tolist())) == toy.n, f"Features of {name} share a component.")


def test_any_masks_give_the_target_s_output(student, rng):
    """Whatever the masks are between gate and 1, at random or at either end, the output is the
    target's."""
    toy = _Toy(rng)
    parts, g = _ordered(_answer(student, toy))
    truth = torch.relu(toy.pre)
    for draw in range(4):
        r = {n: torch.rand(gate.shape, generator=rng, dtype=torch.float64) for n, gate in g.items()}
        if draw >= 2:  # all at the gate, and a coin for each
            r = {n: each.round() * (draw - 2) for n, each in r.items()}
        masks = {n: gate + (1 - gate) * r[n] for n, gate in g.items()}
        close(_masked(toy, parts, masks), truth, **FLOAT32, because="the masked output")


def test_gates_are_0_or_1_and_shut_where_they_can_be(student, rng):
    """Every gate is 0 or 1. In embed as many are open as features are present, in unembed as many
    as outputs are above 0; where nothing comes in, all are shut."""
    toy = _Toy(rng)
    _, g = _answer(student, toy)
    for name, gate in g.items():
        holds(bool(((gate == 0) | (gate == 1)).all()), f"A gate of {name} is neither 0 nor 1.")
    close(g["embed"].sum(1), (toy.x > 0).sum(1), atol=0, rtol=0, because="open gates of embed")
    sure = toy.sure.all(1)
    close(g["unembed"].sum(1) * sure, (toy.pre > 0).sum(1) * sure, atol=0, rtol=0,
          because="open gates of unembed")  # fmt: skip
    shut = float(g["embed"][0].sum() + g["unembed"][0].sum())
    holds(shut == 0, "A gate is open although nothing comes in.")


def test_it_reads_the_bias_of_each_feature(student, rng):
    """A feature with a bias so low that its output never rises needs its component nowhere; one
    with a bias of 0 needs it wherever its number is above 0."""
    toy = _Toy(rng)
    never, always = 1, toy.n - 1
    toy.bias[never], toy.bias[always] = -1000.0, 0.0
    toy.pre = toy.inputs["unembed"] @ toy.weights["unembed"].mT + toy.bias
    parts, g = _ordered(_answer(student, toy))
    sure = (toy.pre.abs() > 1e-4).all(1)
    count = (toy.pre > 0).sum(1)
    close(g["unembed"].sum(1) * sure, count * sure, atol=0, rtol=0, because="open gates of unembed")
    close(_masked(toy, parts, g), torch.relu(toy.pre), **FLOAT32, because="masks at the gates")

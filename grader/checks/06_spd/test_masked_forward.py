"""Hidden checks for masked_forward: sample by sample with matrices written out, and its size."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, tensor, unchanged
from grader.student import Remote

# Three layers of small sums, in float32.
FLOAT32 = {"atol": 2e-4, "rtol": 1e-3}
BATCH, N, HIDDEN = 6, 5, 3
SHAPES = {"embed": (HIDDEN, N), "identity": (HIDDEN, HIDDEN), "unembed": (N, HIDDEN)}
COUNTS = {"embed": 7, "identity": 4, "unembed": 8}

Weights = dict[str, Tensor]
Parts = dict[str, tuple[Tensor, Tensor]]


class _Toy:
    """A toy model with three layers, and components that do not sum to its matrices."""

    def __init__(self, student, rng: torch.Generator) -> None:
        def draw(*shape: int) -> Tensor:
            return torch.randn(shape, generator=rng)

        self.weights: Weights = {name: draw(*shape) for name, shape in SHAPES.items()}
        self.parts: Parts = {
            name: (draw(SHAPES[name][0], c), draw(c, SHAPES[name][1]) / 2)
            for name, c in COUNTS.items()
        }
        self.masks = {name: torch.rand(BATCH, c, generator=rng) for name, c in COUNTS.items()}
        self.bias = 0.5 * draw(N)
        self.x = torch.rand(BATCH, N, generator=rng)
        self.forward: Remote = student.tms(self.bias)

    def truth(self, masks: Weights, parts: Parts | None = None) -> Tensor:
        """Each sample through matrices of its own, in float64."""
        parts = parts or self.parts
        rows = []
        for b in range(BATCH):
            a = self.x[b].double()
            for name, W in self.weights.items():
                if name in masks:
                    U, V = parts[name]
                    W = sum(
                        m * torch.outer(U[:, c], V[c]).double()
                        for c, m in enumerate(masks[name][b])
                    )
                a = W.double() @ a
            rows.append(torch.relu(a + self.bias))
        return torch.stack(rows)


def _given(toy: _Toy, masks: Weights) -> tuple:
    return toy.forward, toy.x, toy.weights, toy.parts, masks


def test_each_sample_has_matrices_of_its_own(student, rng):
    """With masks for all layers, every sample goes through matrices in which its own masks weigh
    the components; what comes into a layer is what the masked layers before it gave."""
    toy = _Toy(student, rng)
    given = _given(toy, toy.masks)
    result, after = student.after("masked_forward", *given)
    out = tensor(result, (BATCH, N), "the output")
    holds(bool((out > 0).any()), "Nothing comes out at all.")
    close(out, toy.truth(toy.masks), **FLOAT32, because="the masked output")
    unchanged(after[1:], given[1:])


def test_layers_without_masks_keep_their_matrix(student, rng):
    """A layer that masks do not mention keeps its original matrix, and not the sum of its
    components, which may be another."""
    toy = _Toy(student, rng)
    for names in ([], ["embed"], ["unembed"], ["identity", "unembed"]):
        masks = {name: toy.masks[name] for name in names}
        result = student.masked_forward(*_given(toy, masks))
        close(result, toy.truth(masks), **FLOAT32, because=f"masks for {names or 'no layer'}")


def test_whole_components_give_the_target(student, rng):
    """Where the components sum to the matrices and all masks are 1, the target's own output
    comes out; where all masks of a layer are 0, what is left is the bias."""
    toy = _Toy(student, rng)
    toy.weights = {name: U @ V for name, (U, V) in toy.parts.items()}
    ones = {name: torch.ones(BATCH, c) for name, c in COUNTS.items()}
    result = student.masked_forward(*_given(toy, ones))
    close(result, toy.truth({}), atol=2e-3, rtol=1e-3, because="masks of 1")
    shut = {**ones, "identity": torch.zeros(BATCH, COUNTS["identity"])}
    result = student.masked_forward(*_given(toy, shut))
    close(result, toy.bias.relu().expand(BATCH, N), **FLOAT32, because="masks of 0")


def test_gradients_reach_masks_and_components(student, rng):
    """Gradients flow into the masks and into the U and V of every masked layer, and are those of
    the formula."""
    toy = _Toy(student, rng)
    a, W = toy.x[:1, :4], {name: toy.weights[name][:3, :4] for name in ("embed",)}
    W["unembed"] = toy.weights["unembed"][:1]
    parts = {
        "embed": (toy.parts["embed"][0], toy.parts["embed"][1][:, :4]),
        "unembed": (toy.parts["unembed"][0][:1], toy.parts["unembed"][1]),
    }
    masks = {name: 0.2 + 0.8 * toy.masks[name][:1] for name in parts}
    forward = student.tms(torch.full((1,), 100.0))  # so that the ReLU is open
    _, (of_parts, of_masks) = student.gradients(
        "masked_forward", forward, a, W, parts, masks, wrt=(3, 4)
    )
    leaves = [t.double().requires_grad_(True) for p in parts.values() for t in p]
    leaves += [m.double().requires_grad_(True) for m in masks.values()]
    (U, V, U2, V2), (m, m2) = leaves[:4], leaves[4:]
    hidden = ((a.double() @ V.mT) * m) @ U.mT
    out = ((hidden @ V2.mT) * m2) @ U2.mT
    truth = torch.autograd.grad(out.sum(), leaves)
    found = [*of_parts["embed"], *of_parts["unembed"], of_masks["embed"], of_masks["unembed"]]
    for gradient, expected in zip(found, truth, strict=True):
        close(gradient, expected, **FLOAT32, because="a gradient")


def test_it_builds_no_matrix_for_each_sample(student, rng):
    """The work is done on inner activations, `[batch, C]`: no tensor is made that holds a matrix
    `[out, in]` for every sample."""
    wide, batch = 40, 16
    weights = {
        "embed": torch.randn(30, wide, generator=rng),
        "unembed": torch.randn(wide, 30, generator=rng),
    }
    parts = {
        name: (torch.randn(W.shape[0], 3, generator=rng), torch.randn(3, W.shape[1], generator=rng))
        for name, W in weights.items()
    }
    masks = {name: torch.rand(batch, 3, generator=rng) for name in weights}
    x = torch.rand(batch, wide, generator=rng)
    given = student.tms(torch.zeros(wide)), x, weights, parts, masks
    out = tensor(student.masked_forward(*given), (batch, wide), "the output")
    holds(bool((out > 0).any()), "Nothing comes out at all.")
    function = Remote(student, student.value("masked_forward"), None)
    most = number(student.largest_tensor(function, *given), "the largest tensor")
    # A loop over components, or products [batch, C, in] that are then summed, are still far below.
    holds(most <= 2 * batch * 3 * wide, "It makes a tensor as large as a matrix for each sample.")

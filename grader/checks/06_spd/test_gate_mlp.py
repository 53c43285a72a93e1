"""Hidden checks for gate_mlp: one network for each component, and nothing between them."""

import torch
from torch import Tensor
from torch.nn import functional

from grader.assertions import close, holds, tensor, unchanged

# Four neurons of about 1, in float32; GELU's tanh form differs from the exact one by up to 5e-4
# a neuron and passes, too.
FLOAT32 = {"atol": 8e-3, "rtol": 1e-3}
BATCH, C, HIDDEN = 6, 5, 4
Gate = tuple[Tensor, Tensor, Tensor, Tensor]


def _drawn(rng: torch.Generator) -> tuple[Tensor, Gate]:
    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=rng)

    return 1.5 * draw(BATCH, C), (draw(C, HIDDEN), draw(C, HIDDEN), draw(C, HIDDEN), draw(C))


def _by_hand(h: Tensor, gate: Gate) -> Tensor:
    """Component by component through torch's linear layers, in float64."""
    w_in, b_in, w_out, b_out = (t.double() for t in gate)
    columns = []
    for c in range(h.shape[1]):
        neurons = functional.linear(h[:, c : c + 1].double(), w_in[c][:, None], b_in[c])
        columns.append(functional.gelu(neurons) @ w_out[c] + b_out[c])
    return torch.stack(columns, 1)


def test_each_component_has_a_network_of_its_own(student, rng):
    """Each component's number goes through its own weights: times w_in, plus b_in, GELU, times
    w_out, summed, plus b_out. The arguments stay as they are."""
    for _ in range(2):
        h, gate = _drawn(rng)
        result, after = student.after("gate_mlp", h, gate)
        close(result, _by_hand(h, gate), **FLOAT32, because="the gates before the leaky functions")
        unchanged(after, (h, gate))


def test_nothing_runs_between_components(student, rng):
    """Moving h of one component and one sample moves z there and nowhere else."""
    h, gate = _drawn(rng)
    gate = (gate[0] + gate[0].sign(), *gate[1:2], gate[2] + gate[2].sign(), gate[3])
    z = tensor(student.gate_mlp(h, gate), (BATCH, C), "what comes back")
    close(z, _by_hand(h, gate), **FLOAT32, because="before anything is moved")
    for place in (0, C - 1):
        ways = h.repeat(4, 1, 1)
        ways[:, 2, place] += torch.tensor([-5, -2.5, 2.5, 5])
        truths = torch.stack([_by_hand(way, gate)[2, place] for way in ways])
        # The way that moves the gate most: a neuron may be flat on one side.
        moved = ways[int((truths - _by_hand(h, gate)[2, place]).abs().argmax())]
        apart = (tensor(student.gate_mlp(moved, gate), (BATCH, C)) - z).abs() > 1e-4
        here = apart[2, place].clone()
        apart[2, place] = False
        holds(not bool(apart.any()), "Moving one h moves the gates of others.")
        holds(bool(here), "Moving one h does not move its own gate.")


def test_components_in_another_order(student, rng):
    """Putting the components in another order, with their weights, puts the outputs in that order;
    the same h with other weights gives another output."""
    h, gate = _drawn(rng)
    z = tensor(student.gate_mlp(h, gate), (BATCH, C), "what comes back")
    close(z, _by_hand(h, gate), **FLOAT32, because="the order as it is")
    order = torch.randperm(C, generator=rng)
    moved = student.gate_mlp(h[:, order], tuple(t[order] for t in gate))
    close(moved, z[:, order], atol=1e-4, because="another order")
    same = h[:, :1].expand(BATCH, C).contiguous()
    shared = tensor(student.gate_mlp(same, gate), (BATCH, C), "what comes back")
    spread = (shared - shared[:, :1]).abs().amax(0)[1:]
    holds(bool((spread > 1e-3).all()), "The same h gives the same, whatever the weights are.")


def test_biases_alone(student, rng):
    """Where h is 0 what is left is the biases': GELU of b_in, through w_out, plus b_out; where
    w_out is 0 it is b_out alone."""
    h, (w_in, b_in, w_out, b_out) = _drawn(rng)
    z = student.gate_mlp(torch.zeros_like(h), (w_in, b_in, w_out, b_out))
    truth = (functional.gelu(b_in) * w_out).sum(1) + b_out
    close(z, truth.expand(BATCH, C), **FLOAT32, because="h of 0")
    z = student.gate_mlp(h, (w_in, b_in, torch.zeros_like(w_out), b_out))
    close(z, b_out.expand(BATCH, C), atol=1e-5, because="w_out of 0")


def test_gradients_reach_all_weights(student, rng):
    """Gradients reach h and all four weights, and are those of the formula."""
    h, gate = _drawn(rng)
    h, gate = h[:1, :1], tuple(t[:1] for t in gate)
    _, (of_h, of_gate) = student.gradients("gate_mlp", h, gate, wrt=(0, 1))
    leaves = [t.double().requires_grad_(True) for t in (h, *gate)]
    truth = torch.autograd.grad(_by_hand(leaves[0], tuple(leaves[1:])).sum(), leaves)
    names = ("h", "w_in", "b_in", "w_out", "b_out")
    for name, found, expected in zip(names, (of_h, *of_gate), truth, strict=True):
        close(found, expected, **FLOAT32, because=f"the gradient for {name}")

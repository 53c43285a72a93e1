"""Hidden checks for tuned_loss: torch's KL, one layer's share, and finite differences."""

import torch
from labkit import models
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, number, tensor, unchanged

# The lens may work in float32; a sum for a mean or a swapped KL misses by tens of per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
N_LAYERS, N_BATCH, N_POS, D_MODEL, N_VOCAB = 3, 2, 5, 8, 26


class Known:
    """What a tuned lens with these translators says, worked out here.

    The lens itself lives beside the loss: one that lies would make a wrong loss look right.
    """

    def __init__(self, model: TransformerBridge, state: dict[str, Tensor]) -> None:
        self.model = model
        self.state = state

    def says(self, h: Tensor, layer: int) -> Tensor:
        """The logits that it gives for h at one layer."""
        delta, bias = self.state["delta"][layer], self.state["bias"][layer]
        with torch.no_grad():
            return self.model.unembed(self.model.ln_final(h + h @ delta.mT + bias))

    def kl(self, h: Tensor, layer: int, final_logits: Tensor) -> Tensor:
        """KL(final || lens) at one layer, [batch, pos], by torch's own function."""
        log_q = self.says(h, layer).log_softmax(-1)
        log_p = final_logits.log_softmax(-1)
        return functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)


def _lens(student, seed: int, rng: torch.Generator):
    """Make a tuned lens in the worker, with translators that are no identities."""
    model = models.random(
        seed, n_layers=N_LAYERS, d_model=D_MODEL, n_heads=2, d_head=4, d_vocab=N_VOCAB,
        attn_only=True, dtype=torch.float64,
    )  # fmt: skip
    lens = student.TunedLens(model)
    state = {
        "delta": 0.3 * torch.randn(N_LAYERS, D_MODEL, D_MODEL, generator=rng, dtype=torch.float64),
        "bias": torch.randn(N_LAYERS, D_MODEL, generator=rng, dtype=torch.float64),
    }
    lens.load(state)
    return lens, Known(model, state)


def _data(rng: torch.Generator, entries: int = N_LAYERS + 1) -> tuple[Tensor, Tensor]:
    """Draw a stack and a teacher that has nothing to do with it."""
    stack = torch.randn(entries, N_BATCH, N_POS, D_MODEL, generator=rng, dtype=torch.float64)
    logits = torch.randn(N_BATCH, N_POS, N_VOCAB, generator=rng, dtype=torch.float64)
    return stack, 2 * logits


def test_is_the_mean_kl_to_the_teacher(student, seed, rng):
    """The loss is KL(final || lens) in nats, averaged over the layers of the stack (all but its
    last entry, however many the lens could read), the prompts and the positions."""
    lens, known = _lens(student, seed, rng)
    for entries in (N_LAYERS + 1, N_LAYERS):
        stack, final_logits = _data(rng, entries)
        layers = [known.kl(stack[i], i, final_logits) for i in range(entries - 1)]
        loss, after = student.after("tuned_loss", lens, stack, final_logits)
        size = f"with {entries} entries"
        close(loss, torch.stack(layers).mean(), **FLOAT32, because=f"the loss of a stack {size}")
        unchanged(after[1:], (stack, final_logits))


def test_agreeing_with_the_teacher_costs_nothing(student, seed, rng):
    """Where the lens says what the teacher says the loss is 0, also when the teacher's logits are
    shifted by a constant; a teacher without any opinion has a loss that is easily worked out."""
    lens, known = _lens(student, seed, rng)
    known.state = {name: torch.zeros_like(value) for name, value in known.state.items()}
    lens.load(known.state)
    stack, _ = _data(rng)
    stack[1:] = stack[0]  # without translators every layer then says the same
    said = known.says(stack[0], 0)
    level = 5 * torch.randn(N_BATCH, N_POS, 1, generator=rng, dtype=torch.float64)
    agreeing = number(student.tuned_loss(lens, stack, said + level), "the loss")
    close(agreeing, 0.0, **FLOAT32, because="the loss of a lens that agrees")
    undecided = student.tuned_loss(lens, stack, level.expand(-1, -1, N_VOCAB))
    # KL(uniform || q) = - log v - mean of log q
    expected = -torch.tensor(float(N_VOCAB)).log() - said.log_softmax(-1).mean()
    close(undecided, expected, **FLOAT32, because="the loss with an undecided teacher")


def test_every_layer_has_the_same_weight(student, seed, rng):
    """Each layer counts with weight 1 / L, read from its own entry of the stack by its own
    translator: where all layers but one agree with the teacher, that one's share is left."""
    lens, known = _lens(student, seed, rng)
    stack, _ = _data(rng)
    # Set the biases so that every layer carries its own entry to the same place.
    target = torch.randn(D_MODEL, generator=rng, dtype=torch.float64)
    place = torch.randn(N_LAYERS + 1, D_MODEL, generator=rng, dtype=torch.float64)
    stack[:] = place[:, None, None]
    carried = place[:-1] + torch.einsum("lij,lj->li", known.state["delta"], place[:-1])
    known.state["bias"] = target - carried
    lens.load({"bias": target - carried})
    teacher = known.says(stack[0], 0)
    for layer in (0, N_LAYERS - 1, int(torch.randint(1, N_LAYERS - 1, (), generator=rng))):
        changed = stack.clone()
        changed[layer] = torch.randn(stack[layer].shape, generator=rng, dtype=torch.float64)
        share = known.kl(changed[layer], layer, teacher).mean() / N_LAYERS
        loss = student.tuned_loss(lens, changed, teacher)
        close(loss, share, **FLOAT32, because=f"the loss with layer {layer} off")


def test_gradients_go_into_the_translators_only(student, seed, rng):
    """The loss trains the translators of every layer, downhill (compared with finite
    differences), and never the teacher: no gradient flows into `final_logits`."""
    lens, known = _lens(student, seed, rng)
    state = known.state
    stack, final_logits = _data(rng)
    loss, (gradients, teacher) = student.gradients(
        "tuned_loss", lens, stack, final_logits, wrt=(lens, 2)
    )
    number(loss, "the loss")
    downhill = {}
    for name, start in state.items():
        gradient = tensor(gradients.get(name), tuple(start.shape), f"the gradient of {name}")
        moved = gradient.flatten(1).abs().sum(-1)
        holds(bool((moved > 0).all()), f"The {name} of some layer gets no gradient.")
        downhill[name] = gradient
    # Along the gradient itself the slope is its length; a wrong gradient promises another slope.
    length = torch.cat([gradient.flatten() for gradient in downhill.values()]).norm()
    losses = []
    step = 0.02  # large beside float32's rounding; the error is of order step squared
    for sign in (1, -1):
        known.state = {n: state[n] + sign * step * downhill[n] / length for n in state}
        layers = [known.kl(stack[i], i, final_logits) for i in range(N_LAYERS)]
        losses.append(torch.stack(layers).mean())
    slope = (losses[0] - losses[1]) / (2 * step)
    close(length, slope, atol=1e-3, rtol=0.02, because="the length of the gradient")
    none = torch.zeros(final_logits.shape, dtype=torch.float64)
    teacher = none if teacher is None else teacher
    close(teacher, none, atol=1e-9, rtol=0, because="the gradient of the teacher's logits")

"""Hidden checks for train_sae: what it reports, what it holds fixed, what Adam must do."""

import torch
from labkit.planted import sparse_features
from torch import Tensor

from grader.assertions import close, holds, items, numbers, tensor, unchanged
from grader.student import Remote

# Losses of about 1 to 20, in float32 there and here.
REPORTED = {"atol": 1e-3, "rtol": 1e-3}
D_IN, N, L1 = 6, 15, 0.5


def _start(rng: torch.Generator) -> dict[str, Tensor]:
    """A dictionary with unit decoder rows in which nothing is 0."""
    W_dec = torch.nn.functional.normalize(torch.randn(N, D_IN, generator=rng), dim=1)
    return {
        "W_enc": 0.7 * W_dec.mT + 0.1 * torch.randn(D_IN, N, generator=rng),
        "b_enc": 0.1 * torch.randn(N, generator=rng),
        "W_dec": W_dec,
        "b_dec": 0.1 * torch.randn(D_IN, generator=rng),
    }


def _batches(rng: torch.Generator, count: int, size: int = 30) -> list[Tensor]:
    seed = int(torch.randint(1 << 30, (), generator=rng))
    toy = sparse_features.build(seed, n_features=9, d_in=D_IN, most=0.4, least=0.1)
    return list(toy.sample(count * size, seed + 1)[0].split(size))


def _loss(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """What `l1_objective` is, written out here."""
    latents = ((x - weights["b_dec"]) @ weights["W_enc"] + weights["b_enc"]).relu()
    error = (x - latents @ weights["W_dec"] - weights["b_dec"]).square().sum(1)
    return (error + L1 * latents @ weights["W_dec"].norm(dim=1)).mean()


def _trained(result: object, steps: int) -> tuple[dict[str, Tensor], list[float]]:
    weights, losses = items(result, 2, "what comes back")
    shapes = {"W_enc": (D_IN, N), "b_enc": (N,), "W_dec": (N, D_IN), "b_dec": (D_IN,)}
    holds(isinstance(weights, dict) and set(weights) == set(shapes), "The names are not kept.")
    for name, shape in shapes.items():
        tensor(weights[name], shape, name)
    return weights, numbers(losses, steps, "the losses")


def _objective(student) -> Remote:
    """The notebook's own `l1_objective`, where it lives: gradients do not cross the line."""
    return Remote(student, student.value("l1_objective"), None)


def test_at_learning_rate_0_it_reports_what_is(student, rng):
    """With a learning rate of 0 nothing changes: each batch's own loss is reported, in the given
    order, and the weights that come back are those that came in, which stay as they are."""
    start, batches = _start(rng), _batches(rng, 3)
    result, after = student.after("train_sae", start, batches, _objective(student), 0.0)
    weights, losses = _trained(result, 3)
    for place, x in enumerate(batches):
        close(losses[place], _loss(start, x), **REPORTED, because=f"the loss of batch {place}")
    for name, value in start.items():
        close(weights[name], value, because=name)
    unchanged(after[:2], (start, batches))


def test_rows_have_length_1_and_all_weights_learn(student, rng):
    """After training every decoder row has length 1, all four weights have changed, and the
    weights and batches that came in have not; losses are measured before each step."""
    start, batches = _start(rng), _batches(rng, 5)
    result, after = student.after("train_sae", start, batches, _objective(student), 0.05)
    weights, losses = _trained(result, 5)
    close(weights["W_dec"].norm(dim=1), torch.ones(N), because="the lengths of the rows")
    for name, value in start.items():
        holds(bool((weights[name] - value).abs().max() > 1e-3), f"{name} has not been trained.")
    close(losses[0], _loss(start, batches[0]), **REPORTED, because="the first loss")
    unchanged(after[:2], (start, batches))


def test_the_first_step_is_adams(student, rng):
    """Adam's first step moves each entry of the encoder and of the biases by the learning rate,
    against its gradient; the decoder moves by a projected step and is normalised, and nothing else
    is touched by the normalisation."""
    start, (x,) = _start(rng), _batches(rng, 1)
    rate = 0.01
    weights, _ = _trained(student.train_sae(start, [x], _objective(student), rate), 1)
    leaves = {name: value.double().requires_grad_(True) for name, value in start.items()}
    names = list(leaves)
    found = torch.autograd.grad(_loss(leaves, x.double()), list(leaves.values()))
    grads = dict(zip(names, found, strict=True))
    rows = start["W_dec"].double()
    grads["W_dec"] = grads["W_dec"] - (grads["W_dec"] * rows).sum(1, keepdim=True) * rows
    for name, value in start.items():
        step = rate * grads[name] / (grads[name].abs() + 1e-8)
        expected = value.double() - step
        if name == "W_dec":
            expected = torch.nn.functional.normalize(expected, dim=1)
        # Where the gradient is next to nothing, its sign is a matter of rounding.
        sure = grads[name].abs() > 1e-4
        if name == "W_dec":
            sure = sure.all(1, keepdim=True).expand_as(sure)
        close(weights[name] * sure, expected * sure, atol=2e-5, because=f"{name} after a step")


def test_one_adam_remembers_all_batches(student, rng):
    """One optimiser sees all batches: where the second batch gives no gradient, the weights still
    move by what Adam remembers of the first; gradients are cleared in between."""
    start, (x,) = _start(rng), _batches(rng, 1)
    start["b_enc"][0] = -0.5
    start["W_enc"][:, 0] = 0.7 * start["W_dec"][0]
    # In the second batch latent 0 never fires, so that nothing that belongs to it has a gradient.
    away = -3 * start["W_dec"][0] + start["b_dec"]
    first = torch.cat([x, start["b_dec"] + 4 * start["W_dec"][:1]])
    second = away + 0.05 * torch.randn(20, D_IN, generator=rng)
    rate = 0.01
    ends = []
    for batches in ([first], [first, second]):
        result = student.train_sae(start, batches, _objective(student), rate)
        ends.append(_trained(result, len(batches))[0]["W_enc"][:, 0])
    begun = (ends[0] - start["W_enc"][:, 0]).abs().max()
    holds(bool(begun > 0.5 * rate), "The first step does not move what it should.")
    # Adam goes on with about two thirds of a step; gradients that pile up make it a whole one.
    went_on = float((ends[1] - ends[0]).abs().max())
    holds(went_on > 0.3 * rate, "The second step has forgotten the first.")
    holds(went_on < 0.85 * rate, "The first batch's gradient is still there in the second step.")


def test_it_learns_what_it_is_shown(student, rng):
    """Shown the same batch again and again, it reports losses that fall, step by step in the long
    run, down to less than two thirds."""
    start, (x,) = _start(rng), _batches(rng, 1, 40)
    result = student.train_sae(start, [x] * 25, _objective(student), 0.03)
    weights, losses = _trained(result, 25)
    holds(losses[-1] < 0.67 * losses[0], "The loss does not fall as it should.")
    end = _loss({name: value.float() for name, value in weights.items()}, x)
    holds(float(end) < losses[0] * 0.67, "The weights that come back are not the trained ones.")

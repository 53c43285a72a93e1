"""Hidden checks for resample_dead: the living untouched, the dead where the loss is."""

import torch
from torch import Tensor

from grader.assertions import close, holds, items, tensor, unchanged

FLOAT32 = {"atol": 1e-5, "rtol": 1e-4}  # the weights are float32
EXACT = {"atol": 0, "rtol": 0}
D_IN, N, BATCH = 5, 9, 13
DEAD_AXIS = {"W_enc": 1, "b_enc": 0, "W_dec": 0}


def _drawn(
    rng: torch.Generator, n: int = N
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor, Tensor]:
    """Weights, moments, a mask with a third of the latents dead, and inputs; all in float32."""
    shapes = {"W_enc": (D_IN, n), "b_enc": (n,), "W_dec": (n, D_IN), "b_dec": (D_IN,)}
    weights = {name: torch.randn(shape, generator=rng) for name, shape in shapes.items()}
    moments = {name: torch.rand(2, *shape, generator=rng) + 0.5 for name, shape in shapes.items()}
    dead = torch.randperm(n, generator=rng) < n // 3
    return weights, moments, dead, torch.randn(BATCH, D_IN, generator=rng)


def _two(result: object, n: int = N) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    shapes = {"W_enc": (D_IN, n), "b_enc": (n,), "W_dec": (n, D_IN), "b_dec": (D_IN,)}
    new, memory = items(result, 2, "what comes back")
    for part, front, word in ((new, (), "weight"), (memory, (2,), "moments of")):
        holds(isinstance(part, dict) and set(part) == set(shapes), "The names are not kept.")
        for name, shape in shapes.items():
            tensor(part[name], (*front, *shape), f"{word} {name}")
    return new, memory


def test_the_living_are_untouched(student, rng):
    """Weights and moments of living latents, and all of b_dec, come back bit for bit; so does
    everything where nobody is dead. The arguments are left as they are."""
    weights, moments, dead, x = _drawn(rng)
    losses = torch.rand(BATCH, generator=rng) + 0.1
    result, after = student.after("resample_dead", weights, moments, dead, x, losses, 3)
    new, memory = _two(result)
    living = (~dead).nonzero().flatten()
    for name, axis in DEAD_AXIS.items():
        old, now = (w[name].index_select(axis, living) for w in (weights, new))
        close(now, old, **EXACT, because=f"{name} of the living")
        old, now = (m[name].index_select(axis + 1, living) for m in (moments, memory))
        close(now, old, **EXACT, because=f"moments of {name} of the living")
    close(new["b_dec"], weights["b_dec"], **EXACT, because="b_dec")
    close(memory["b_dec"], moments["b_dec"], **EXACT, because="moments of b_dec")
    unchanged(after[:5], (weights, moments, dead, x, losses))
    holds(not torch.equal(new["W_dec"], weights["W_dec"]), "The dead are as they were.")
    nobody = torch.zeros(N, dtype=torch.bool)
    new, memory = _two(student.resample_dead(weights, moments, nobody, x, losses, 3))
    for name in weights:
        close(new[name], weights[name], **EXACT, because=f"{name} where nobody is dead")
        close(memory[name], moments[name], **EXACT, because=f"moments of {name}, nobody dead")


def test_the_dead_begin_at_the_input_of_the_loss(student, rng):
    """Where a single input has any loss, each dead row points from b_dec to it, with length 1; the
    encoder column is that direction times 0.2 of the living columns' mean length; the bias is 0."""
    weights, moments, dead, x = _drawn(rng)
    place = int(torch.randint(BATCH, (), generator=rng))
    losses = torch.zeros(BATCH)
    losses[place] = 2.5
    new, _ = _two(student.resample_dead(weights, moments, dead, x, losses, 1))
    u = x[place] - weights["b_dec"]
    u = u / u.norm()
    count = int(dead.sum())
    close(new["W_dec"][dead], u.expand(count, D_IN), **FLOAT32, because="the dead rows")
    lengths = weights["W_enc"][:, ~dead].square().sum(0).sqrt()
    column = (0.2 * lengths.mean() * u)[:, None].expand(D_IN, count)
    close(new["W_enc"][:, dead], column, **FLOAT32, because="the dead encoder columns")
    close(new["b_enc"][dead], torch.zeros(count), **FLOAT32, because="the dead biases")


def test_adam_forgets_the_dead(student, rng):
    """Both of Adam's moments are 0 at the dead latents' entries of W_enc, b_enc and W_dec."""
    weights, moments, dead, x = _drawn(rng)
    losses = torch.rand(BATCH, generator=rng) + 0.1
    _, memory = _two(student.resample_dead(weights, moments, dead, x, losses, 4))
    places = dead.nonzero().flatten()
    for name, axis in DEAD_AXIS.items():
        there = memory[name].index_select(axis + 1, places)
        close(there, torch.zeros_like(there), **EXACT, because=f"moments of {name} of the dead")


def test_drawn_by_the_squared_loss(student, rng):
    """Each dead latent draws its own input with a probability proportional to the square of its
    loss: with three times the loss it is drawn nine times as often. The seed decides."""
    weights, moments, _, x = _drawn(rng, 600)
    dead = torch.arange(600) > 0
    losses = torch.zeros(BATCH)
    low, high = torch.randperm(BATCH, generator=rng)[:2].tolist()
    losses[low], losses[high] = 1.0, 3.0
    rows = []
    for seed in (7, 7, 8):
        new, _ = _two(student.resample_dead(weights, moments, dead, x, losses, seed), 600)
        rows.append(new["W_dec"][1:])
    directions = torch.nn.functional.normalize(x[[low, high]] - weights["b_dec"], dim=1)
    of_low, of_high = ((rows[0] - u).norm(dim=1) < 1e-3 for u in directions)
    holds(bool((of_low | of_high).all()), "An input without loss was drawn.")
    # 599 draws at .9: a standard deviation of .012. Without the square it would be .75.
    holds(0.84 < float(of_high.double().mean()) < 0.96, "The shares are not those of the squares.")
    holds(torch.equal(rows[0], rows[1]), "The same seed draws another time something else.")
    holds(not torch.equal(rows[0], rows[2]), "Another seed draws the same.")

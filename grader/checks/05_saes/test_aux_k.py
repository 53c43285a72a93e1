"""Hidden checks for aux_k: the dead alone are chosen, compared with the error, and taught."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, tensor, unchanged

# The student may work in float32; a living latent let in misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N, DEAD = 6, 5, 11, 6


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """x, x_hat, pre, dead, W_dec; the living have the larger pre-activations."""
    x, x_hat = torch.randn(2, BATCH, D_IN, generator=rng, dtype=torch.float64)
    pre = torch.randn(BATCH, N, generator=rng, dtype=torch.float64) + 0.4
    dead = torch.randperm(N, generator=rng) < DEAD
    pre[:, ~dead] += 2
    W_dec = torch.randn(N, D_IN, generator=rng, dtype=torch.float64)
    return x, x_hat, pre, dead, W_dec


def _truth(x: Tensor, x_hat: Tensor, pre: Tensor, dead: Tensor, W_dec: Tensor, k: int) -> Tensor:
    """By hand: for each sample the k largest among the dead, negative ones as 0."""
    total = torch.zeros((), dtype=torch.float64)
    places = dead.nonzero().flatten().tolist()
    for row in range(BATCH):
        ranked = sorted(places, key=lambda i: float(pre[row, i]), reverse=True)[:k]
        left = x[row] - x_hat[row]
        for i in ranked:
            left = left - max(float(pre[row, i]), 0.0) * W_dec[i]
        total += left.square().sum()
    return total / BATCH


def test_the_dead_reconstruct_what_is_left(student, rng):
    """In each sample the k_aux largest of the dead latents' pre-activations (negative ones as 0)
    are decoded without b_dec and compared with the error: squares summed over dimensions, a mean
    over samples. The arguments are left as they are."""
    given = _drawn(rng)
    for k in (1, 3):
        loss, after = student.after("aux_k", *given, k)
        close(loss, _truth(*given, k), **FLOAT32, because=f"the loss at k_aux {k}")
        unchanged(after[:5], given)


def test_nothing_is_lost_where_the_dead_explain_all(student, rng):
    """Where the dead latents' decoded pre-activations equal the error the loss is 0, whatever the
    living do; where they differ from it, it is not."""
    _, x_hat, pre, dead, W_dec = _drawn(rng)
    x = x_hat + pre.clamp(min=0)[:, dead] @ W_dec[dead]
    close(student.aux_k(x, x_hat, pre, dead, W_dec, DEAD), 0.0, **FLOAT32, because="the loss")
    louder = torch.where(dead, pre, pre + 5)
    loss = student.aux_k(x, x_hat, louder, dead, W_dec, DEAD)
    close(loss, 0.0, **FLOAT32, because="the loss with louder living latents")
    off = number(student.aux_k(x + 1, x_hat, pre, dead, W_dec, DEAD), "the loss")
    close(off, float(D_IN), **FLOAT32, because="the loss with an error of 1 left over")


def test_few_dead_and_none(student, rng):
    """With fewer dead latents than k_aux all of them may be used; with none the loss is 0."""
    x, x_hat, pre, dead, W_dec = _drawn(rng)
    loss = student.aux_k(x, x_hat, pre, dead, W_dec, N)
    truth = _truth(x, x_hat, pre, dead, W_dec, N)
    close(loss, truth, **FLOAT32, because="the loss with more asked for than dead")
    nobody = torch.zeros(N, dtype=torch.bool)
    close(student.aux_k(x, x_hat, pre, nobody, W_dec, 2), 0.0, because="the loss with none dead")
    one = torch.arange(N) == int(torch.randint(N, (), generator=rng))
    loss = student.aux_k(x, x_hat, pre, one, W_dec, 3)
    close(loss, _truth(x, x_hat, pre, one, W_dec, 3), **FLOAT32, because="the loss with one dead")


def test_only_the_dead_are_taught(student, rng):
    """Gradients flow into the dead latents' pre-activations and decoder rows, as much as the
    squared error demands; none flows into the living, and none through x and x_hat."""
    x, x_hat, pre, dead, W_dec = _drawn(rng)
    _, found = student.gradients("aux_k", x, x_hat, pre, dead, W_dec, DEAD, wrt=(0, 1, 2, 4))
    for gradient, name in zip(found[:2], ("x", "x_hat"), strict=True):
        gradient = torch.zeros_like(x) if gradient is None else gradient
        close(gradient, torch.zeros_like(x), atol=1e-9, rtol=0, because=f"the gradient of {name}")
    holds(found[2] is not None and found[3] is not None, "The dead latents get no gradient.")
    to_pre = tensor(found[2], (BATCH, N), "the gradient of pre")
    to_rows = tensor(found[3], (N, D_IN), "the gradient of W_dec")
    chosen = pre.clamp(min=0) * dead
    miss = x - x_hat - chosen @ W_dec
    truth = -2 / BATCH * (miss @ W_dec.mT) * (chosen > 0)
    close(to_pre, truth, **FLOAT32, because="the gradient of pre")
    close(to_rows, -2 / BATCH * chosen.mT @ miss, **FLOAT32, because="the gradient of W_dec")

"""Hidden checks for transcoder_loss: a planted MLP, and sizes that differ on the two sides."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from grader.assertions import close, holds, number, tensor, unchanged

# The student may work in float32; a bias in the wrong place misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, D_IN, N, D_OUT = 9, 5, 8, 6


def _drawn(rng: torch.Generator, d_out: int = D_OUT) -> tuple[Tensor, list[Tensor]]:
    """x, and W_enc, b_enc, W_dec, b_dec with decoder rows of different lengths."""
    shapes = ((BATCH, D_IN), (D_IN, N), (N,), (N, d_out), (d_out,))
    drawn = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]
    drawn[3] = drawn[3] * (0.3 + torch.rand(N, 1, generator=rng, dtype=torch.float64))
    return drawn[0], drawn[1:]


def _mlp(weights: list[Tensor]) -> nn.Sequential:
    """The MLP whose weights these are."""
    W_enc, b_enc, W_dec, b_dec = weights
    mlp = nn.Sequential(nn.Linear(*W_enc.shape), nn.ReLU(), nn.Linear(*W_dec.shape)).double()
    mlp.load_state_dict(
        {"0.weight": W_enc.mT, "0.bias": b_enc, "2.weight": W_dec.mT, "2.bias": b_dec}
    )
    return mlp.requires_grad_(False)


def test_an_mlps_own_weights_predict_it(student, rng):
    """With the planted MLP's own weights, and no price, the loss is 0, whether or not input and
    output have the same size; off by 1 everywhere it is the number of output dimensions."""
    for d_out in (D_OUT, D_IN):
        x, weights = _drawn(rng, d_out)
        y = _mlp(weights)(x)
        loss = student.transcoder_loss(x, y, *weights, 0.0)
        close(loss, 0.0, **FLOAT32, because="the loss of the MLP's own weights")
        loss = student.transcoder_loss(x, y + 1, *weights, 0.0)
        close(loss, float(d_out), **FLOAT32, because="the loss with outputs off by 1")


def test_error_and_price(student, rng):
    """The loss is the squared error on the outputs, summed over their dimensions, plus l1 times
    the lengths of all that the latents write; a mean over samples. Arguments stay as they are."""
    x, weights = _drawn(rng)
    y = torch.randn(BATCH, D_OUT, generator=rng, dtype=torch.float64)
    mlp = _mlp(weights)
    miss = functional.mse_loss(mlp(x), y, reduction="sum") / BATCH
    written = torch.einsum("bn,nd->bnd", mlp[1](mlp[0](x)), weights[2]).norm(dim=2).sum() / BATCH
    for l1 in (0.0, 0.4, 1.3):
        loss, after = student.after("transcoder_loss", x, y, *weights, l1)
        close(loss, miss + l1 * written, **FLOAT32, because=f"the loss at a price of {l1}")
        unchanged(after[:6], (x, y, *weights))


def test_b_dec_lives_on_the_output_side(student, rng):
    """Moving the targets and b_dec together changes nothing, where input and output have the same
    size as well; rescaling latents against their rows changes nothing either."""
    x, (W_enc, b_enc, W_dec, b_dec) = _drawn(rng, D_IN)
    y = torch.randn(BATCH, D_IN, generator=rng, dtype=torch.float64)
    shift = 2 + torch.randn(D_IN, generator=rng, dtype=torch.float64)
    before = number(student.transcoder_loss(x, y, W_enc, b_enc, W_dec, b_dec, 0.4), "the loss")
    moved = student.transcoder_loss(x, y + shift, W_enc, b_enc, W_dec, b_dec + shift, 0.4)
    close(moved, before, **FLOAT32, because="the loss with targets and b_dec moved")
    scale = (torch.rand(N, generator=rng, dtype=torch.float64) * 2 - 1).exp()
    rescaled = (W_enc / scale, b_enc / scale, W_dec * scale[:, None], b_dec)
    loss = student.transcoder_loss(x, y, *rescaled, 0.4)
    close(loss, before, **FLOAT32, because="the loss after rescaling")
    other = number(student.transcoder_loss(x, y + 3, W_enc, b_enc, W_dec, b_dec, 0.4), "the loss")
    holds(abs(other - before) > 1e-3, "The loss does not depend on the targets.")


def test_all_weights_learn(student, rng):
    """Encoder, decoder and both biases get the gradients of the loss."""
    x, weights = _drawn(rng)
    y = torch.randn(BATCH, D_OUT, generator=rng, dtype=torch.float64)
    _, found = student.gradients("transcoder_loss", x, y, *weights, 0.4, wrt=(2, 3, 4, 5))
    leaves = [weight.clone().requires_grad_(True) for weight in weights]
    active = functional.relu(functional.linear(x, leaves[0].mT, leaves[1]))
    miss = functional.mse_loss(functional.linear(active, leaves[2].mT, leaves[3]), y) * D_OUT
    price = (active.sum(0) * leaves[2].square().sum(1).sqrt()).sum() / BATCH
    truths = torch.autograd.grad(miss + 0.4 * price, leaves)
    names = ("W_enc", "b_enc", "W_dec", "b_dec")
    for gradient, truth, name in zip(found, truths, names, strict=True):
        holds(gradient is not None, f"No gradient flows into {name}.")
        tensor(gradient, tuple(truth.shape), f"the gradient of {name}")
        close(gradient, truth, **FLOAT32, because=f"the gradient of {name}")

"""Loss and gradients of two sparse autoencoders, written out so that a CPU can train them.

sae-lens' own `TopKTrainingSAE` takes 490 us of a core for a token at 8,192 latents (bfloat16
autocast, AMD EPYC): it multiplies by all latents in both directions, though 32 of them are not
zero. Here one product finds the 32, and everything after it touches only those. The gradients are
the same: `tests/labkit/test_dictionary_gradients.py` holds them to sae-lens'.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass
class Parameters:
    """A sparse autoencoder's parameters, or the gradients of them; a latent is a row in both."""

    encoder: Float[Tensor, "latent d_model"]
    b_enc: Float[Tensor, " latent"]
    decoder: Float[Tensor, "latent d_model"]
    b_dec: Float[Tensor, " d_model"]

    def tensors(self) -> list[Tensor]:
        """Return the four tensors, in order."""
        return [getattr(self, field.name) for field in fields(self)]


@dataclass
class Step:
    """What one batch gives.

    Attributes:
        gradients: of the loss.
        error: x_hat - x, [token, d_model].
        fired: which latents were not zero for some token.
        l0: latents that are not zero, a token.
    """

    gradients: Parameters
    error: Float[Tensor, "token d_model"]
    fired: Bool[Tensor, " latent"]
    l0: float


def strongest(
    x: Float[Tensor, "token d_model"], p: Parameters, k: int, among: Tensor | None = None
) -> Int[Tensor, "token k"]:
    """Return which ``k`` latents have the largest pre-activations, in no order.

    Args:
        x: activations.
        p: the autoencoder.
        k: how many.
        among: numbers of the latents to choose from; all when None.
    """
    encoder, bias = (p.encoder, p.b_enc) if among is None else (p.encoder[among], p.b_enc[among])
    # bfloat16 orders them well enough: the values are computed again in float32.
    pre = torch.addmm(bias.bfloat16(), (x - p.b_dec).bfloat16(), encoder.bfloat16().T)
    chosen = pre.topk(k, sorted=False).indices
    return chosen if among is None else among[chosen]


def topk_step(
    x: Float[Tensor, "token d_model"],
    p: Parameters,
    chosen: Int[Tensor, "token k"],
    target: Float[Tensor, "token d_model"] | None = None,
) -> Step:
    """Reconstruct from ``chosen`` latents; return gradients of mean over tokens of |error|^2.

    Args:
        x: what is encoded.
        p: the autoencoder.
        chosen: from `strongest`.
        target: what the latents should add up to **without b_dec**; x itself, with it, when None.
            The gradient then leaves b_dec alone.
    """
    latents, count = len(p.encoder), len(x)
    centred = x - p.b_dec
    chosen = chosen.sort(dim=-1).values  # a row of a sparse matrix is in order
    pattern = _sparse(chosen, torch.zeros(chosen.shape), latents)
    pre = torch.sparse.sampled_addmm(pattern, centred, p.encoder.T, beta=0.0).values()
    values = (pre.view(chosen.shape) + p.b_enc[chosen]).relu()
    output = _sparse(chosen, values, latents) @ p.decoder
    error = output + p.b_dec - x if target is None else output - target
    outer = error * (2 / count)
    inner = torch.sparse.sampled_addmm(pattern, outer, p.decoder.T, beta=0.0).values()
    inner = inner.view(chosen.shape) * (values > 0)
    to_bias = torch.zeros(latents).index_add_(0, chosen.flatten(), inner.flatten())
    to_shift = torch.zeros_like(p.b_dec)
    if target is None:
        to_shift = outer.sum(dim=0) - to_bias @ p.encoder
    fired = torch.zeros(latents, dtype=torch.bool)
    fired[chosen[values > 0]] = True
    gradients = Parameters(
        encoder=_transposed(chosen, inner, latents) @ centred,
        b_enc=to_bias,
        decoder=_transposed(chosen, values, latents) @ outer,
        b_dec=to_shift,
    )
    return Step(gradients, error, fired, (values > 0).sum().item() / count)


def relu_step(x: Float[Tensor, "token d_model"], p: Parameters, penalty: float) -> Step:
    """Return gradients of mean |error|^2 + ``penalty`` x mean sum of latents, decoder rows unit.

    Products in bfloat16: nothing is sparse here until late in training.
    """
    count = len(x)
    centred = (x - p.b_dec).bfloat16()
    encoder, decoder = p.encoder.bfloat16(), p.decoder.bfloat16()
    values = torch.addmm(p.b_enc.bfloat16(), centred, encoder.T).relu_()
    error = (values @ decoder).float() + p.b_dec - x
    outer = (error * (2 / count)).bfloat16()
    inner = outer @ decoder.T
    inner += penalty / count
    positive = values > 0
    inner *= positive
    to_bias = inner.sum(dim=0, dtype=torch.float32)
    gradients = Parameters(
        encoder=(inner.T @ centred).float(),
        b_enc=to_bias,
        decoder=(values.T @ outer).float(),
        b_dec=outer.sum(dim=0, dtype=torch.float32) - to_bias @ p.encoder,
    )
    used = positive.sum(dim=0)
    return Step(gradients, error, used > 0, used.sum().item() / count)


def _sparse(chosen: Tensor, values: Tensor, latents: int) -> Tensor:
    """Return values as a sparse matrix [token, latent], k to a row."""
    count, k = chosen.shape
    starts = torch.arange(0, count * k + 1, k)
    return _csr(starts, chosen.flatten(), values.flatten(), (count, latents))


def _transposed(chosen: Tensor, values: Tensor, latents: int) -> Tensor:
    """Return values as a sparse matrix [latent, token]."""
    count, k = chosen.shape
    flat = chosen.flatten()
    order = flat.argsort(stable=True)
    ends = flat.bincount(minlength=latents).cumsum(dim=0)
    starts = torch.cat([torch.zeros(1, dtype=torch.long), ends])
    return _csr(starts, order // k, values.flatten()[order], (latents, count))


def _csr(starts: Tensor, columns: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(starts, columns, values, size, check_invariants=False)

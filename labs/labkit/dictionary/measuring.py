"""How good a dictionary is: L0, FVU, loss recovered, and how many of its latents never fire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

from labkit.dictionary.activations import stream
from labkit.dictionary.shipped import ordinary

Encode = Callable[[Float[Tensor, "token d_model"]], Float[Tensor, "token latent"]]
_TOKENS = 4096  # encoded at a time: 8,192 latents of them take 128 MB


@dataclass(frozen=True)
class Autoencoder:
    """Anything that encodes, with a linear decoder.

    Attributes:
        name: for a table.
        encode: from the stream to latents.
        W_dec: [latent, d_model].
        b_dec: [d_model].
    """

    name: str
    encode: Encode
    W_dec: Tensor
    b_dec: Tensor

    def __call__(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """Return the reconstruction."""
        return self.encode(x) @ self.W_dec + self.b_dec


@dataclass(frozen=True)
class Fidelity:
    """How well the stream is rebuilt, position 0 and other sinks left out.

    Attributes:
        l0: latents that are not zero, a token.
        fvu: squared error over squared distance from the mean; explained variance is 1 - fvu.
        silent: share of latents that fired on none of the tokens.
        tokens: how many there were.
    """

    l0: float
    fvu: float
    silent: float
    tokens: int


def fidelity(coder: Autoencoder, x: Float[Tensor, "token d_model"]) -> Fidelity:
    """Measure the reconstruction of ``x``."""
    fired = torch.zeros(len(coder.W_dec), dtype=torch.bool)
    error = active = 0.0
    for part in x.split(_TOKENS):
        latents = coder.encode(part)
        error += (latents @ coder.W_dec + coder.b_dec - part).pow(2).sum().item()
        active += (latents > 0).sum().item()
        fired |= (latents > 0).any(dim=0)
    variance = (x - x.mean(dim=0)).pow(2).sum().item()
    return Fidelity(active / len(x), error / variance, 1 - fired.float().mean().item(), len(x))


@dataclass(frozen=True)
class Losses:
    """Cross entropy in nats a token, with the stream of one layer replaced, sinks apart.

    Attributes:
        clean: nothing replaced.
        mean: by its mean over all tokens.
        zero: by zeros.
        spliced: by each autoencoder's reconstruction, by name.
    """

    clean: float
    mean: float
    zero: float
    spliced: dict[str, float]

    def recovered(self, name: str, ablated: float) -> float:
        """Return (ablated - spliced) / (ablated - clean): 1 is as good as the stream itself."""
        return (ablated - self.spliced[name]) / (ablated - self.clean)


def losses(
    model: TransformerBridge,
    tokens: Int[Tensor, "text s"],
    layer: int,
    coders: list[Autoencoder],
    mean: Tensor,
) -> Losses:
    """Measure the loss on ``tokens`` with each autoencoder spliced in after ``layer`` blocks.

    ``mean`` is the stream's, [d_model], for the mean ablation.
    """

    def with_stream(change: Callable[[Tensor], Tensor] | None) -> float:
        def put(value: Tensor, hook: object) -> Tensor:
            if change is None:
                return value
            kept = ordinary(value)
            kept[:, 0] = False
            return torch.where(kept[..., None], change(value), value)

        total = 0.0
        site = f"blocks.{layer - 1}.hook_resid_post"
        for rows in tokens.split(16):
            with torch.no_grad():
                logits = model.run_with_hooks(rows, fwd_hooks=[(site, put)])
                # From position 1 on: position 0 is never replaced.
                logits, truth = logits[:, 1:-1].flatten(0, 1), rows[:, 2:].flatten()
                total += functional.cross_entropy(logits.float(), truth, reduction="sum").item()
        return float(total / tokens[:, 2:].numel())

    return Losses(
        clean=with_stream(None),
        mean=with_stream(lambda x: mean.expand_as(x)),
        zero=with_stream(torch.zeros_like),
        spliced={coder.name: with_stream(coder) for coder in coders},
    )


def held_out_stream(
    model: TransformerBridge, tokens: Int[Tensor, "text s"], layer: int
) -> Float[Tensor, "token d_model"]:
    """Return the stream of all tokens but the first of each text and other sinks."""
    x = stream(model, tokens, layer)[:, 1:].flatten(0, 1)
    return x[ordinary(x)]

"""Given code of lab 05, part I: a dictionary to start from, a judge, a file that SAELens reads.

Figures are in `sae_figures_helpers`. Nothing here answers an exercise.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from labkit.errors import LabError
from labkit.planted.sparse_features import SparseFeatures
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

CHALLENGE = "dictionary"
"""The kind of planted model that this lab's challenge uses."""

OUT = Path(os.environ.get("INTERP_LABS_OUT", "figures"))
"""The folder that the notebook writes into."""

HEADLINE = OUT / "headline.png"
"""Where the last cell of the notebook saves its figure."""

Weights = Mapping[str, Tensor]
"""W_enc [d_in, n_latents], b_enc [n_latents], W_dec [n_latents, d_in], b_dec [d_in], and more."""

_FOUND = 0.95  # a cosine above it: this direction is found
_SHARES = 0.9  # a cosine above it: this latent is one of those that write the feature


def new_dictionary(
    d_in: int, n_latents: int, seed: int, d_out: int | None = None
) -> dict[str, Tensor]:
    """Make an untrained dictionary: random decoder rows of length 1, biases of 0.

    The encoder of an autoencoder starts as half the decoder's transpose, so that a latent reads
    what it writes; that of a transcoder (with another ``d_out``) is random, too.
    """
    dice = torch.Generator().manual_seed(seed)
    W_dec = functional.normalize(torch.randn(n_latents, d_out or d_in, generator=dice), dim=1)
    W_in = W_dec
    if d_out not in (None, d_in):
        W_in = functional.normalize(torch.randn(n_latents, d_in, generator=dice), dim=1)
    return {
        "W_enc": 0.5 * W_in.mT.contiguous(), "b_enc": torch.zeros(n_latents), "W_dec": W_dec,
        "b_dec": torch.zeros(d_out or d_in),
    }  # fmt: skip


def best_cosines(
    truth: Float[Tensor, "n_features d"], W_dec: Float[Tensor, "n_latents d"]
) -> tuple[Float[Tensor, " n_features"], Int[Tensor, " n_features"]]:
    """For each true direction return the largest cosine with any decoder row, and which row's."""
    cosines = functional.normalize(truth, dim=1) @ functional.normalize(W_dec, dim=1).mT
    best = cosines.max(dim=1)
    return best.values, best.indices


@dataclass(frozen=True, eq=False)
class Judgement:
    """A dictionary held against the planted truth, on samples that it was not trained on.

    Attributes:
        x, x_hat, latents: the samples and what the dictionary makes of them.
        cosines: [n_features], the largest cosine of each feature with a decoder row.
        size: [n_features], how much the latent nearest to the feature writes where both are there,
            as a share of the feature's true size; 0 where they never meet.
        sharers: [n_features], how many decoder rows point along the feature (cosine above 0.9).
        whole: [n_features], the share of the size that the reconstruction holds, whichever
            latents write it: least squares of x_hat on all true sizes, along the feature.
        dead: how many latents fire for no sample.
    """

    x: Float[Tensor, "batch d_in"]
    x_hat: Float[Tensor, "batch d_in"]
    latents: Float[Tensor, "batch n_latents"]
    cosines: Float[Tensor, " n_features"]
    size: Float[Tensor, " n_features"]
    sharers: Int[Tensor, " n_features"]
    whole: Float[Tensor, " n_features"]
    dead: int

    @property
    def found(self) -> int:
        """How many features some decoder row points along (cosine above 0.95)."""
        return int((self.cosines > _FOUND).sum())

    def line(self) -> str:
        """Say it in a line."""
        return (
            f"found {self.found:2} of {len(self.cosines)}, mean cosine {self.cosines.mean():.3f}, "
            f"size {self.size.mean():.2f}, dead {self.dead} of {self.latents.shape[1]}"
        )


def judge(
    toy: SparseFeatures, weights: Weights, latents_of: Callable[[dict[str, Tensor], Tensor], Tensor]
) -> Judgement:
    """Hold a dictionary against the truth on 4,000 fresh samples.

    Args:
        toy: the truth.
        weights: the dictionary's.
        latents_of: its encoder, from weights and activations to latents.
    """
    x, sizes = toy.sample(4000, seed=999)
    with torch.no_grad():
        latents = latents_of(dict(weights), x)
    W_dec = weights["W_dec"]
    cosines, nearest = best_cosines(toy.directions, W_dec)
    both = (sizes > 0) & (latents[:, nearest] > 0)
    written = latents[:, nearest] * W_dec[nearest].norm(dim=1)
    recovered = (written * both).sum(dim=0) / (sizes * both).sum(dim=0).clamp(min=1e-9)
    dead = int((latents != 0).any(dim=0).logical_not().sum())
    x_hat = latents @ W_dec + weights["b_dec"]
    known = torch.cat([sizes, torch.ones(len(x), 1)], dim=1)  # the last one is the bias
    written_of = torch.linalg.lstsq(known, x_hat).solution[:-1]
    whole = (written_of * toy.directions).sum(dim=1)
    rows = functional.normalize(W_dec, dim=1)
    sharers = (toy.directions @ rows.mT > _SHARES).sum(dim=1)
    return Judgement(x, x_hat, latents, cosines, recovered, sharers, whole, dead)


@dataclass(frozen=True, eq=False)
class SparseMLP:
    """An MLP whose neurons are known: each reads one direction and writes another.

    Attributes:
        reads: [n_neurons, d_in], unit rows.
        writes: [n_neurons, d_out], unit rows.
        threshold: how far along what it reads a neuron begins to fire.
    """

    reads: Float[Tensor, "n_neurons d_in"]
    writes: Float[Tensor, "n_neurons d_out"]
    threshold: float

    def sample(self, n: int, seed: int) -> Float[Tensor, "n d_in_plus_d_out"]:
        """Draw Gaussian inputs; return them with the outputs beside them."""
        x = torch.randn(n, self.reads.shape[1], generator=torch.Generator().manual_seed(seed))
        return torch.cat([x, (x @ self.reads.mT - self.threshold).relu() @ self.writes], dim=1)


def sparse_mlp(seed: int) -> SparseMLP:
    """Plant an MLP of 20 neurons between 16 and 12 dimensions; each fires for 16% of the inputs."""
    dice = torch.Generator().manual_seed(seed)
    reads, writes = (
        functional.normalize(torch.randn(20, size, generator=dice), dim=1) for size in (16, 12)
    )
    return SparseMLP(reads, writes, threshold=1.0)


def next_token_loss(
    logits: Float[Tensor, "batch pos vocab"], tokens: Int[Tensor, "batch pos"]
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the token that came next, in nats."""
    return functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


def save(weights: Weights, folder: Path, architecture: str, k: int | None = None) -> Path:
    """Write a dictionary in SAELens' format (checked with version 6.54).

    Args:
        weights: with ``threshold`` or ``log_threshold`` too, for a JumpReLU dictionary.
        folder: is made when it is not there; files of before are replaced.
        architecture: ``standard`` (ReLU), ``topk`` (needs ``k``) or ``jumprelu``.
        k: latents per sample of a TopK dictionary.

    Returns:
        The folder.

    Raises:
        LabError: another architecture, or what it needs is not there.
    """
    tensors = {name: weights[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    n_latents, d_in = weights["W_dec"].shape
    config: dict[str, Any] = {
        "architecture": architecture, "d_in": d_in, "d_sae": n_latents, "dtype": "float32",
        "device": "cpu", "apply_b_dec_to_input": True, "normalize_activations": "none",
        "reshape_activations": "none", "metadata": {},
    }  # fmt: skip
    if architecture == "topk":
        if k is None:
            raise LabError("a TopK dictionary needs its k to be saved: save(..., 'topk', k=3)")
        config |= {"k": k, "rescale_acts_by_decoder_norm": False}
    elif architecture == "jumprelu":
        if "threshold" not in weights and "log_threshold" not in weights:
            raise LabError("a JumpReLU dictionary needs its `threshold` to be saved")
        held = weights.get("threshold")
        tensors["threshold"] = weights["log_threshold"].exp() if held is None else held
    elif architecture != "standard":
        raise LabError(f"{architecture!r} is not saved here: standard, topk or jumprelu")
    folder.mkdir(parents=True, exist_ok=True)
    plain = {name: value.detach().float().contiguous() for name, value in tensors.items()}
    save_file(plain, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps(config, indent=1) + "\n")
    return folder


def load_with_sae_lens(folder: Path) -> Any:
    """Let SAELens read a dictionary; its import takes some seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of names that sae_lens imports
        from sae_lens import SAE

    return SAE.load_from_disk(folder, device="cpu")


def missing(*functions: Callable[..., Any]) -> list[str]:
    """Return the names of the exercises' functions that are not written yet."""
    return [f.__name__ for f in functions if "NotImplementedError" in f.__code__.co_names]


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")

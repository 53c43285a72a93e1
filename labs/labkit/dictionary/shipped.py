"""What the package holds of the dictionary: its weights, its figures and the text held out."""

from __future__ import annotations

import gzip
import json
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors.torch import load_file
from torch import Tensor

from labkit import fetch
from labkit.errors import LabError

if TYPE_CHECKING:
    from sae_lens import SAE

LAYER = 19
"""Blocks before it: chosen by ``python -m labkit.dictionary layers``."""
HOOK = f"blocks.{LAYER - 1}.hook_resid_post"
K = 32
"""Latents of a token that are not zero."""

LONGEST = 1000.0
"""A residual stream longer than this is no ordinary token's, which are about 200 long here."""


def folder() -> Path:
    """Return the folder of the weights: for `sae_lens.SAE.load_from_disk`."""
    return Path(__file__).parent / "weights"


def load() -> SAE[Any]:
    """Load the dictionary as a `sae_lens.SAE` in float32, ready to be used and not to be trained.

    Nothing comes from the network. Importing sae_lens takes 6 to 9 s the first time.

    Raises:
        LabError: the weights are not there.
    """
    _present()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of names that sae_lens imports
        from sae_lens import SAE

    sae = SAE.load_from_disk(folder(), device="cpu", dtype="float32")
    return sae.eval().requires_grad_(False)


@cache
def _stored() -> dict[str, Tensor]:
    _present()
    return {name: part.float() for name, part in load_file(_file()).items()}


def weights() -> dict[str, Tensor]:
    """Return the weights in float32, without sae_lens; copies, so that they can be changed.

    Returns:
        ``W_enc`` [d_model, n_latents], ``b_enc`` [n_latents], ``W_dec`` [n_latents, d_model] with
        rows of norm 1, ``b_dec`` [d_model].

    Raises:
        LabError: the weights are not there.
    """
    return {name: part.clone() for name, part in _stored().items()}


def encode(
    x: Float[Tensor, "... d_model"], parts: dict[str, Tensor] | None = None, k: int = K
) -> Float[Tensor, "... n_latents"]:
    """Return the latents: the ``k`` largest pre-activations, and 0 for all others.

        z = topk((x - b_dec) @ W_enc + b_enc),  negative ones set to 0

    Gao et al. 2024, arXiv 2406.04093, section 2.3. ``z @ W_dec + b_dec`` is the reconstruction.

    Args:
        x: residual stream at `HOOK`. Position 0 of a text is no use: see `ordinary`.
        parts: weights of another dictionary of the same form; this one's when None.
        k: how many.
    """
    p = _stored() if parts is None else parts
    pre = (x.float() - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
    values, indices = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter_(-1, indices, values.relu())


def ordinary(x: Float[Tensor, "... d_model"]) -> Tensor:
    """Return which tokens the dictionary is meant for: all but sinks. Booleans [...].

    The first token of a text is where the model attends when there is nothing to attend to (Sun et
    al. 2024, "Massive Activations", arXiv 2402.17762), and so is one in 5,000 others, mostly the
    second of a text. Its stream is up to a hundred times as long as any other's. A few such tokens
    outweigh all the others in a squared error, so training and figures leave them out.
    """
    short: Tensor = x.norm(dim=-1) < LONGEST
    return short


@cache
def _held_out() -> np.ndarray:
    packed = Path(__file__).parent / "held_out.gz"
    if not packed.exists():
        raise LabError("the dictionary's held-out text is missing: install the course again.")
    flat: np.ndarray = np.frombuffer(gzip.decompress(packed.read_bytes()), dtype="<u2")
    return flat.reshape(-1, 128)


def tokens() -> Int[Tensor, "text 128"]:
    """Return the held-out texts as token ids. Rows begin at a text's first token; no BOS."""
    return torch.from_numpy(_held_out().astype(np.int64))


@cache
def _texts() -> tuple[str, ...]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(fetch.smollm2() / "tokenizer.json"))
    rows = _held_out().tolist()
    return tuple(tokenizer.decode_batch(rows, skip_special_tokens=False))


def texts() -> list[str]:
    """Return the held-out texts, which smollm2 sampled and the dictionary was not trained on.

    ``model.to_tokens(text)[0]`` gives the row of `tokens` back.
    """
    return list(_texts())


def figures() -> dict[str, Any]:
    """Return the figures of the training runs, with the command that made each: `figures.json`."""
    stored: dict[str, Any] = json.loads((Path(__file__).parent / "figures.json").read_text())
    return stored


def _file() -> Path:
    return folder() / "sae_weights.safetensors"


def _present() -> None:
    if not _file().exists():
        raise LabError("the dictionary's weights are missing: install the course again.")

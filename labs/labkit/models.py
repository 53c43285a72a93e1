"""The models of the labs: real ones, planted ones, random ones. All are `TransformerBridge`s.

``load`` brings a trained model, ``planted`` a hand-built one whose circuit is known exactly,
``random`` a tiny one for checks of plain correctness. None of them touches the global random state.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit import planted as planting
from labkit.convert import quiet
from labkit.errors import LabError
from labkit.planted import Planted

__all__ = ["LabError", "Planted", "challenge", "fetch", "load", "planted", "random"]


def fetch() -> Path:
    """Bring ``smollm2`` to this machine and return its folder: see `labkit.fetch`.

    Raises:
        LabError: it is not here and cannot be had; the line says what to do.
    """
    from labkit import fetch as fetching

    return fetching.smollm2()


def load(name: str = "smollm2", dtype: torch.dtype = torch.float32) -> TransformerBridge:
    """Load a trained model on the CPU.

    ``smollm2`` is SmolLM2-135M-Instruct (30 layers, 9 heads of which 3 for keys and values,
    d_model 576, 49,152 tokens; Allal et al. 2025, arXiv 2502.02737), out of the local cache, with
    no network once it is there. Its tokens are made **without BOS**: the base model never saw one
    at the start of a text, and its ``<|im_start|>`` opens a chat turn. So ``model.to_tokens(text)``
    and ``model(text)`` use the words alone; " Paris" then gets 0.70 on the Eiffel prompt, and 0.30
    with ``prepend_bos=True``. (``model.tokenizer(text)`` does prepend it: use ``to_tokens``.)

    Any other name goes to `TransformerBridge.boot_transformers`, with the model hub's own rules:
    it needs a network the first time, ``HF_HUB_OFFLINE=1`` keeps it to the hub's cache, and BOS is
    prepended by default, as always in TransformerLens.

    Args:
        name: ``smollm2``, a model name of TransformerLens, or a folder.
        dtype: of the weights and activations.

    Raises:
        LabError: the model cannot be had; one line.
    """
    if name == "smollm2":
        folder = fetch()
        with quiet():
            model = _boot(str(folder), dtype)
        model.cfg.model_name = name
        model.cfg.default_prepend_bos = False
        return model
    try:
        return _boot(name, dtype)
    except Exception as error:  # transformers and the hub raise a dozen types here
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        offline = " HF_HUB_OFFLINE is set." if os.environ.get("HF_HUB_OFFLINE") else ""
        raise LabError(
            f"could not load the model {name!r}: {reason}{offline} Names other than smollm2 come "
            "from the model hub, over the network."
        ) from error


def random(seed: int, *, dtype: torch.dtype = torch.float32, **config: Any) -> TransformerBridge:
    """Make a tiny model in which nothing is zero, one or the identity by chance of initialisation.

    Weights are Gaussian, scaled by their fan-in; every norm's scale lies at least 0.2 away from 1
    and from 0, every shift and bias at least 0.1 away from 0, the unembedding's included: whatever
    an implementation leaves out shows. The same seed gives the same numbers in every dtype.

    Args:
        seed: any integer.
        dtype: ``torch.float64`` where an invariant is tested.
        **config: changes to the defaults n_layers=3, d_model=24, n_heads=4, d_head=6, d_mlp=40,
            n_ctx=16, d_vocab=37, act_fn="gelu", normalization_type="RMS" ("LN" and None too);
            also n_key_value_heads, attn_only, gated_mlp, eps, positional_embedding_type="rotary".

    Raises:
        ValueError: a setting that is none.
    """
    settings: native.Config = {
        "n_layers": 3, "d_model": 24, "n_heads": 4, "d_head": 6, "d_mlp": 40, "n_ctx": 16,
        "d_vocab": 37, "act_fn": "gelu", "normalization_type": "RMS",
    }  # fmt: skip
    model = native.boot({**settings, **config}, dtype=dtype)
    generator = torch.Generator().manual_seed(seed % (1 << 63))
    with torch.no_grad():
        for name, parameter in sorted(native.parameters(model).items()):
            # Drawn in float64 whatever the dtype, so that the dtypes agree.
            if parameter.dim() == 2:
                embedding = name in ("tok_embed.weight", "pos.weight")
                fan_in = 1 if embedding else parameter.shape[1]
                draw = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                parameter.copy_(draw / fan_in**0.5)
            else:
                scale = name.endswith("weight")  # of a norm: no other vector is a weight
                shift = _away_from_zero(len(parameter), generator, 0.2 if scale else 0.1)
                parameter.copy_(shift + 1 if scale else shift)
    return model


def planted(kind: str, seed: int) -> Planted:
    """Build a planted model; the circuit's place and all weights follow from ``seed``.

    Args:
        kind: one of `labkit.planted.KINDS`, such as ``"induction"``.
        seed: any integer.

    Raises:
        LabError: no such kind.
    """
    return planting.build(kind, seed)


def challenge(lab: str, kind: str, student: str) -> Planted:
    """Return a student's own planted model, without its truth.

    It comes from the weights file that the course made for that student, when there is one in
    ``challenges/`` here or in ``labs/<lab>/challenges/``; else it is built from the name.

    Args:
        lab: the lab's folder name, such as ``"01_logit_lens"``.
        kind: the kind of planted model the lab uses; the lab's helpers name it.
        student: the id on the course's roster, or any name when studying alone; case and blanks
            around it do not count.

    Raises:
        LabError: an empty name, no such kind, or a damaged weights file.
    """
    name = planting.challenge_file(student)
    here = Path.cwd()
    for folder in (here / "challenges", here / "labs" / lab / "challenges"):
        if (folder / name).is_file():
            return Planted.load(folder / name)
    return replace(planted(kind, planting.challenge_seed(lab, student)), truth=None)


def _boot(name: str, dtype: torch.dtype) -> TransformerBridge:
    with torch.random.fork_rng(devices=[]):
        return TransformerBridge.boot_transformers(name, device="cpu", dtype=dtype)


def _away_from_zero(n: int, generator: torch.Generator, least: float) -> torch.Tensor:
    size = least + 0.6 * torch.rand(n, generator=generator, dtype=torch.float64)
    sign = torch.randint(0, 2, (n,), generator=generator, dtype=torch.float64) * 2 - 1
    return size * sign

"""Tiny models as data: a plain config and named weights, to a bridge and back.

A native model (``TransformerBridge.boot_native``) is wholly given by the two, which is how a
planted model is built, saved and loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.model_bridge.generalized_components import NormalizationBridge

Config = dict[str, Any]

FIELDS = (
    "n_layers", "d_model", "n_heads", "d_head", "d_mlp", "n_ctx", "d_vocab", "act_fn", "attn_only",
    "gated_mlp", "n_key_value_heads", "normalization_type", "final_rms", "eps",
    "positional_embedding_type",
)  # fmt: skip
"""The settings of a native model; no seed among them, and nothing else is kept."""


def boot(
    config: Mapping[str, Any],
    weights: Mapping[str, Tensor] | None = None,
    dtype: torch.dtype = torch.float32,
) -> TransformerBridge:
    """Build a native bridge on the CPU; the global random state is left as it was.

    Args:
        config: settings out of `FIELDS`; what is left out takes TransformerLens' default.
        weights: every parameter by the name `parameters` gives it, cast to ``dtype``; without
            them the parameters are whatever torch draws.
        dtype: of all parameters; float64 holds throughout.

    Raises:
        ValueError: a setting that is none, or names or shapes that do not fit the config.
    """
    if unknown := sorted(set(config) - set(FIELDS)):
        raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(FIELDS)}")
    with torch.random.fork_rng(devices=[]):
        model = TransformerBridge.boot_native({**config, "init_weights": False}, dtype=dtype)
    model.eval()
    if dtype == torch.float64:
        # TransformerLens hands RMS norms to a module that works in float32 whatever comes in; its
        # own computation keeps the precision.
        for module in model.modules():
            if isinstance(module, NormalizationBridge):
                module.use_native_layernorm_autograd = False
    if weights is not None:
        load(model, weights)
    return model


def parameters(model: TransformerBridge) -> dict[str, nn.Parameter]:
    """Return a native model's parameters by short, stable names.

    ``tok_embed.weight`` is [d_vocab, d_model], ``layers.0.attn.q.weight`` [n_heads * d_head,
    d_model], ``layers.0.attn.o.weight`` [d_model, n_heads * d_head], ``head.weight`` [d_vocab,
    d_model], and so on: torch's own layout of a linear map.
    """
    # The bridge wraps each module and puts itself into the names; a file must outlive that.
    return {
        name.replace("._original_component", ""): parameter
        for name, parameter in model.original_model.named_parameters()
    }


def load(model: TransformerBridge, weights: Mapping[str, Tensor]) -> None:
    """Overwrite all parameters of a native model, in place.

    Raises:
        ValueError: a name or a shape that the model does not have.
    """
    own = parameters(model)
    if set(own) != set(weights):
        raise ValueError(f"weights do not fit: {sorted(set(own) ^ set(weights))[:3]}")
    with torch.no_grad():
        for name, parameter in own.items():
            if parameter.shape != weights[name].shape:
                raise ValueError(f"weights do not fit: {name} is {tuple(weights[name].shape)}")
            parameter.copy_(weights[name])


def config_of(model: TransformerBridge) -> Config:
    """Return the settings that `boot` needs to build such a model again: plain JSON values."""
    return {name: getattr(model.cfg, name) for name in FIELDS}

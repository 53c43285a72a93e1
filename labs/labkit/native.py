"""Tiny models as data: a plain config and named weights, to a bridge and back.

A native model (``TransformerBridge.boot_native``) is wholly given by the two, which is how a
planted model is built, saved and loaded. What TransformerLens puts around the weights takes longer
to build than most models here take to run: it is built once for each shape, then cast (`mould`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.model_bridge.generalized_components import NormalizationBridge

from labkit.mould import Mould

Config = dict[str, Any]

FIELDS = (
    "n_layers", "d_model", "n_heads", "d_head", "d_mlp", "n_ctx", "d_vocab", "act_fn", "attn_only",
    "gated_mlp", "n_key_value_heads", "normalization_type", "final_rms", "eps",
    "positional_embedding_type",
)  # fmt: skip
"""The settings of a native model; no seed among them, and nothing else is kept."""

Shape = tuple[Config, str]
"""A complete config and a dtype's name: all that two models with one mould have in common."""

_MOST = 128  # moulds, of about half a megabyte
_moulds: dict[str, Mould[TransformerBridge]] = {}
_shapes: dict[str, Shape] = {}


def boot(
    config: Mapping[str, Any],
    weights: Mapping[str, Tensor] | None = None,
    dtype: torch.dtype = torch.float32,
) -> TransformerBridge:
    """Build a native bridge on the CPU; the global random state is left as it was.

    The model is the caller's own: nothing done to it, a hook, a mode, a changed weight, shows in
    any other.

    Args:
        config: settings out of `FIELDS`; what is left out takes TransformerLens' default.
        weights: every parameter by the name `parameters` gives it, cast to ``dtype``; without
            them the parameters hold arbitrary numbers.
        dtype: of all parameters; float64 holds throughout.

    Raises:
        ValueError: a setting that is none, or names or shapes that do not fit the config.
    """
    if unknown := sorted(set(config) - set(FIELDS)):
        raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(FIELDS)}")
    name = _name(config, dtype)
    if name not in _moulds:
        _make_mould(config, dtype)
    model = _moulds[name].cast()
    if weights is not None:
        load(model, weights)
    return model


def booted() -> list[Shape]:
    """Return the shapes that a model of this process can be cast from at once."""
    return list(_shapes.values())


def warm(shapes: Iterable[Shape], stock: int = 0) -> None:
    """Make the moulds of shapes that another process has booted, before this one forks.

    Args:
        shapes: as `booted` gives them there.
        stock: how many models of each to have ready.
    """
    for config, dtype in shapes:
        name = _name(config, getattr(torch, dtype))
        if name not in _moulds:
            _make_mould(config, getattr(torch, dtype))
        _moulds[name].stock(stock)


def _name(config: Mapping[str, Any], dtype: torch.dtype) -> str:
    return repr((sorted(config.items()), dtype))


def _make_mould(config: Mapping[str, Any], dtype: torch.dtype) -> None:
    model = _build(config, dtype)
    full = config_of(model)
    # A config may leave the defaults out: the same mould, under both its names.
    mould = _moulds.get(_name(full, dtype)) or Mould(model)
    for name in (_name(config, dtype), _name(full, dtype)):
        _moulds[name] = mould
    _shapes[_name(full, dtype)] = (full, str(dtype).removeprefix("torch."))
    while len(_moulds) > _MOST:
        oldest = next(iter(_moulds))
        del _moulds[oldest]
        _shapes.pop(oldest, None)


def _build(config: Mapping[str, Any], dtype: torch.dtype) -> TransformerBridge:
    with torch.random.fork_rng(devices=[]):
        model = TransformerBridge.boot_native({**config, "init_weights": False}, dtype=dtype)
    model.eval()
    if dtype == torch.float64:
        # TransformerLens hands RMS norms to a module that works in float32 whatever comes in; its
        # own computation keeps the precision.
        for module in model.modules():
            if isinstance(module, NormalizationBridge):
                module.use_native_layernorm_autograd = False
    return model


def parameters(model: TransformerBridge) -> dict[str, nn.Parameter]:
    """Return a native model's parameters by short, stable names.

    ``tok_embed.weight`` is [d_vocab, d_model], ``layers.0.attn.q.weight`` [n_heads * d_head,
    d_model], ``layers.0.attn.o.weight`` [d_model, n_heads * d_head], ``head.weight`` [d_vocab,
    d_model], and so on: torch's own layout of a linear map.
    """
    found: dict[str, nn.Parameter] = {}
    _collect(model.original_model, "", found, set())
    return found


def flat(model: TransformerBridge) -> Tensor:
    """Return copies of all parameters, one behind the other; see `pour`."""
    return torch.cat([parameter.detach().flatten() for parameter in parameters(model).values()])


def pour(model: TransformerBridge, weights: Tensor) -> None:
    """Overwrite all parameters of a native model with what `flat` made of one of its shape.

    Raises:
        ValueError: there are more or fewer numbers than the model has.
    """
    own = list(parameters(model).values())
    sizes = [parameter.numel() for parameter in own]
    if weights.shape != (sum(sizes),):
        raise ValueError(f"{tuple(weights.shape)} does not fit: the model has {sum(sizes)} numbers")
    with torch.no_grad():
        for parameter, part in zip(own, torch.split(weights, sizes), strict=True):
            parameter.copy_(part.view(parameter.shape))


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


def _collect(module: nn.Module, path: str, found: dict[str, nn.Parameter], seen: set[int]) -> None:
    # As `named_parameters`, which takes ten times as long. The bridge wraps each module and puts
    # itself into the names; a file must outlive that.
    if id(module) in seen:
        return
    seen.add(id(module))
    for name, parameter in module._parameters.items():
        if parameter is not None:
            found[path + name] = parameter
    for name, child in module._modules.items():
        if child is not None:
            inner = path if name == "_original_component" else f"{path}{name}."
            _collect(child, inner, found, seen)

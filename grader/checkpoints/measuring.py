"""What a decomposition holds: the figures of its card, which its tests measure again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from labkit.targets import Gates, Parts, Target, induction
from labkit.targets.networks import HEADS
from torch import Tensor

PROBE = 0.75
TOP = 10
"""Components of the transformer's matrix that are set apart: those that are open most often."""


def figures(found: SimpleNamespace, target: Target, parts: Parts, gates: Gates) -> dict[str, Any]:
    """Measure a decomposition of any kind; ``found`` are lab 06's functions.

    For all kinds: the faithfulness loss, and the relative error of the output with the gates as
    masks ("gates") and with the worst masks that they allow ("adversarial").
    """
    draw = torch.Generator().manual_seed(4321)
    x = target.sample(16 if target.kind == "attention" else 500, draw)
    g = found.open_gates(target.forward, target.weights, parts, gates, x)
    out, whole = found.masked_forward(target.forward, x, target.weights, parts, g), target(x)
    worst = found.adversarial_reconstruction(target.forward, x, target.weights, parts, g, draw)
    shared: dict[str, Any] = {
        "faithfulness": float(found.faithfulness_loss(target.weights, parts)),
        "gates": _rounded((out - whole).square().sum() / whole.square().sum()),
        "adversarial": _rounded(worst),
    }
    if target.kind == "attention":
        return {**shared, **_of_transformer(found, target, parts, gates)}
    return {**shared, "layers": _of_toy(found, target, parts, gates)}


def _of_toy(
    found: SimpleNamespace, target: Target, parts: Parts, gates: Gates
) -> dict[str, dict[str, Any]]:
    """By layer: live components on one-feature inputs, how many each opens, MMCS and ML2R."""
    probes = PROBE * torch.eye(target.features)
    g = found.open_gates(target.forward, target.weights, parts, gates, probes)
    told = {}
    for layer, live in found.active_components(g).items():
        W, U, V = target.weights[layer], parts[layer][0][:, live], parts[layer][1][live]
        opened = (g[layer] > 0.1).sum(dim=1)
        told[layer] = {
            "live": len(live),
            "open_per_probe": [int(opened.min()), int(opened.max())],
            "missing": _rounded((W - U @ V).norm() / W.norm()),
        }
        if layer in ("unembed", "mlp_out"):  # what they write has a name: rows, not columns
            W, U, V = W.mT, V.mT, U.mT
        if layer != "identity" and len(live):
            told[layer]["mmcs"] = _rounded(found.mmcs(W, U, V))
            told[layer]["ml2r"] = _rounded(found.ml2r(W, U, V))
    return told


def _of_transformer(
    found: SimpleNamespace, target: Target, parts: Parts, gates: Gates
) -> dict[str, Any]:
    """Losses of the second half, in nats, with components of the one layer cut out or alone.

    ``top`` are the components that are open most often. "from_head" says what part of the variance
    of each one's inner activation comes from each head.
    """
    (layer,) = parts
    tokens = target.sample(64, torch.Generator().manual_seed(99))
    g = found.open_gates(target.forward, target.weights, parts, gates, tokens)[layer]
    often = (g > 0.1).float().mean(dim=(0, 1))
    order = often.argsort(descending=True).tolist()

    def loss(masks: Tensor) -> float:
        out = found.masked_forward(
            target.forward, tokens, target.weights, parts, {layer: masks.expand_as(g)}
        )
        return _rounded(induction.second_half_loss(out, tokens))

    def only(chosen: list[int]) -> Tensor:
        mask = torch.zeros(len(order))
        mask[chosen] = 1
        return mask

    top, then = order[:TOP], order[TOP : 2 * TOP]
    _, inputs = found.layer_inputs(target.forward, tokens, target.weights)
    V = parts[layer][1]
    z = inputs[layer][:, 1:].reshape(-1, HEADS, V.shape[1] // HEADS)
    reads = V.reshape(len(V), HEADS, -1)
    shares = torch.stack([(z[:, h] @ reads[:, h].mT).var(0) for h in range(HEADS)])
    shares = shares / shares.sum(dim=0)
    return {
        "layer": layer,
        "top": top,
        "open": [_rounded(often[c]) for c in order[: TOP + 1]],
        "from_head": [[_rounded(s) for s in shares[:, c]] for c in top],
        "loss": {
            "whole": loss(only(order)),
            "gates": loss(g),
            "only_top": loss(only(top)),
            "without_top": loss(only(order[TOP:])),
            "without_next": loss(only([c for c in order if c not in then])),
        },
    }


def _rounded(value: Tensor | float) -> float:
    return round(float(value), 4)

"""Training the small targets: toy models of superposition and the residual MLP."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from labkit.targets.record import Target


@dataclass(frozen=True)
class Plan:
    """How a small target is trained: Adam with a cosine decay, on one thread.

    Attributes:
        features, dimensions: n and m; of the residual MLP the features and the neurons.
        probability: with which a feature is active.
    """

    features: int
    dimensions: int
    seed: int = 0
    probability: float = 0.05
    steps: int = 5000
    batch: int = 1024
    lr: float = 5e-3


PLANS = {
    "tms_5_2": Plan(5, 2),
    # Hasty: few samples, large steps. Such a run often loses a feature and never finds it again.
    "tms_5_2_four": Plan(5, 2, steps=1000, batch=128, lr=2e-2),
    "tms_5_2_identity": Plan(5, 2, seed=1),
    "tms_40_10": Plan(40, 10),
    # Rarer features: with .05 ten neurons serve ten features and forget the others.
    "residual_mlp": Plan(20, 10, probability=0.01, batch=2048),
}


def train(name: str) -> Target:
    """Train one of ``PLANS``, from its seed.

    The two matrices of a toy model are trained as one (``unembed`` is ``embed`` transposed) and
    decomposed as two, and the identity is not trained at all, as in Bushnaq et al. 2025.
    """
    plan = PLANS[name]
    if name == "residual_mlp":
        return _residual_mlp(name, plan)
    return _tms(name, plan)


def _tms(name: str, plan: Plan) -> Target:
    generator = torch.Generator().manual_seed(plan.seed)
    n, m = plan.features, plan.dimensions
    W = (torch.randn(m, n, generator=generator) / m**0.5 * 0.5).requires_grad_()
    b = torch.zeros(n, requires_grad=True)

    def missed() -> Tensor:
        x = _features(plan, generator)
        return (torch.relu(x @ W.mT @ W + b) - x).square().mean()

    _descend([W, b], missed, plan)
    W = W.detach()
    weights = {"embed": W, "unembed": W.mT.contiguous()}
    if name.endswith("identity"):
        weights = {"embed": W, "identity": torch.eye(m), "unembed": W.mT.contiguous()}
    return Target(name, "tms", weights, {"bias": b.detach()}, plan.probability)


def _residual_mlp(name: str, plan: Plan) -> Target:
    generator = torch.Generator().manual_seed(plan.seed)
    n, m = plan.features, plan.dimensions
    W_in = (torch.randn(m, n, generator=generator) / n**0.5).requires_grad_()
    W_out = (torch.randn(n, m, generator=generator) / m**0.5).requires_grad_()

    def missed() -> Tensor:
        x = _features(plan, generator) * torch.randn(plan.batch, n, generator=generator).sign()
        added: Tensor = torch.relu(x @ W_in.mT) @ W_out.mT
        return (added - x.relu()).square().mean()

    _descend([W_in, W_out], missed, plan)
    weights = {"mlp_in": W_in.detach(), "mlp_out": W_out.detach()}
    return Target(name, "residual_mlp", weights, {}, plan.probability)


def _features(plan: Plan, generator: torch.Generator) -> Tensor:
    active = torch.rand(plan.batch, plan.features, generator=generator) < plan.probability
    x: Tensor = active * torch.rand(plan.batch, plan.features, generator=generator)
    return x


def _descend(trained: list[Tensor], loss: Callable[[], Tensor], plan: Plan) -> None:
    adam = torch.optim.Adam(trained, lr=plan.lr, fused=True)
    for step in range(plan.steps):
        adam.param_groups[0]["lr"] = plan.lr * 0.5 * (1 + math.cos(math.pi * step / plan.steps))
        adam.zero_grad()
        loss().backward()  # type: ignore[no-untyped-call]
        adam.step()

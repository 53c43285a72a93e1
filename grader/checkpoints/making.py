"""Training a decomposition with the lab's own functions."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import torch
from labkit import targets
from labkit.targets import Decomposition, Target

from grader.checkpoints import measuring
from grader.checkpoints.plans import Plan
from grader.judging import reference

LAB = "06_spd"


def lab() -> SimpleNamespace:
    """Return the reference functions of lab 06, and its helpers as `training`."""
    return reference.solution(LAB)


def make(name: str, plan: Plan) -> Decomposition:
    """Train a target's decomposition from the plan's seed, on one thread, and measure it."""
    torch.set_num_threads(1)
    found, target = lab(), targets.load(name)
    draw = torch.Generator().manual_seed(plan.seed)
    parts, gates = _start(found, target, plan, draw)
    batches = [target.sample(plan.batch, draw) for _ in range(plan.steps)]
    begun = time.process_time()
    parts, gates, losses = found.train_spd(
        target.forward, target.weights, parts, gates, batches, lr=plan.lr,
        coefficient=plan.coefficient, power=plan.power, warm_up=plan.warm_up,
        two_point=plan.two_point, seed=plan.seed,
    )  # fmt: skip
    seconds = time.process_time() - begun
    figures: dict[str, Any] = {
        "command": f"python -m grader.checkpoints {name}",
        "settings": plan.settings(),
        "seed": plan.seed,
        "steps": plan.steps,
        "lr": plan.lr,
        "coefficient": plan.coefficient[1],
        "seconds": round(seconds),
        "last_losses": round(sum(losses[-50:]) / 50, 6),
        **measuring.figures(found, target, parts, gates),
    }
    return Decomposition(name, parts, gates, figures)


def _start(
    found: SimpleNamespace, target: Target, plan: Plan, draw: torch.Generator
) -> tuple[targets.Parts, targets.Gates]:
    parts: targets.Parts = {}
    gates: targets.Gates = {}
    for layer, count in plan.components.items():
        sided = layer in plan.one_sided
        one, gate = found.training.random_start(
            {layer: target.weights[layer]}, count, draw, 1 if sided else 4, one_sided=sided
        )
        parts |= one
        gates |= gate
    return parts, gates

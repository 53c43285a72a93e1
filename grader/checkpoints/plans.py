"""With what settings each decomposition is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Plan:
    """How one decomposition is trained; see `train_spd` of lab 06.

    Attributes:
        components: how many each layer gets; layers that are not named stay whole.
        coefficient, power: of the minimality loss, at the start and after 80% of the steps.
        one_sided: layers whose gates have one unit and begin open on one side only; see
            `random_start`. The others' have four and open on any side.
    """

    components: Mapping[str, int]
    steps: int
    batch: int
    lr: float
    coefficient: tuple[float, float]
    power: tuple[float, float] = (2.0, 1.0)
    warm_up: int = 200
    two_point: bool = True
    one_sided: tuple[str, ...] = ()
    seed: int = 0

    def settings(self) -> dict[str, Any]:
        """Return all of it as plain values, for the card."""
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        return {**plain, "components": dict(self.components)}


PLANS = {
    "tms_5_2": Plan(
        {"embed": 100, "unembed": 100},
        steps=2500, batch=128, lr=4e-2, coefficient=(4e-3, 4e-3), one_sided=("embed", "unembed"),
    ),
    # What the identity passes on is positive or negative, and one component serves both.
    "tms_5_2_identity": Plan(
        {"embed": 100, "identity": 60, "unembed": 100},
        steps=2500, batch=128, lr=4e-2, coefficient=(4e-3, 4e-3), one_sided=("embed", "unembed"),
    ),
    # The read-out of this one falls into a few dense components: not solved, and not shipped.
    "tms_40_10": Plan(
        {"embed": 400},
        steps=3000, batch=256, lr=3e-2, coefficient=(1e-4, 3e-4), one_sided=("embed",),
    ),
    "residual_mlp": Plan(
        {"mlp_in": 100, "mlp_out": 40},
        steps=2500, batch=128, lr=2e-2, coefficient=(2e-3, 2e-4),
    ),
    "induction": Plan({"o0": 64}, steps=4000, batch=8, lr=5e-3, coefficient=(2e-1, 2e-2)),
}  # fmt: skip

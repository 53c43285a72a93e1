"""Given code of lab 06, part II: where a run begins, what it is fed, and how one looks on.

Nothing here answers an exercise. Parts and gates are dictionaries by layer, as in the notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from spd_pictures_helpers import picture
from torch import Tensor
from tqdm.auto import tqdm

Parts = dict[str, tuple[Tensor, Tensor]]
Gates = dict[str, tuple[Tensor, Tensor, Tensor, Tensor]]
Open = Callable[[Parts, Gates], dict[str, Tensor]]


def random_start(
    weights: Mapping[str, Float[Tensor, "out in"]],
    count: int,
    generator: torch.Generator,
    hidden: int = 4,
    one_sided: bool = False,
) -> tuple[Parts, Gates]:
    """Draw components and gates to begin with.

    Args:
        weights: the target's matrices.
        count: how many components each of them gets.
        hidden: units of each gate's network.
        one_sided: begin with gates that open where the activation is positive, and there only. The
            sign of a component is free, so none is lost; but a gate that opens on both sides lets
            one component serve two opposite features.
    """
    parts, gates = {}, {}
    for name, W in weights.items():
        parts[name] = (
            torch.randn(W.shape[0], count, generator=generator) / count**0.5,
            torch.randn(count, W.shape[1], generator=generator) / W.shape[1] ** 0.5,
        )
        w_in = 2**0.5 * torch.randn(count, hidden, generator=generator)
        w_out = torch.randn(count, hidden, generator=generator) / hidden**0.5
        if one_sided:
            w_in, w_out = w_in.abs(), w_out.abs()
        gates[name] = (w_in, torch.zeros(count, hidden), w_out, torch.zeros(count))
    return parts, gates


def sparse_batches(
    count: int, size: int, features: int, p: float, generator: torch.Generator
) -> list[Float[Tensor, "size features"]]:
    """Draw samples whose features are active with probability p, then uniform in [0, 1].

    Every sample has at least one active feature: where the coin gives none, one is drawn.
    """
    active = torch.rand(count * size, features, generator=generator) < p
    first = torch.randint(features, (count * size,), generator=generator)
    empty = ~active.any(dim=1)
    active[empty, first[empty]] = True
    return list((active * torch.rand(active.shape, generator=generator)).split(size))


def small_case(seed: int) -> tuple[dict[str, Tensor], Parts]:
    """Two matrices that fit one another (4 -> 5 -> 3), and components that do not add up to them.

    They have 6 and 8 components.
    """
    rng = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    weights = {"first": draw(5, 4), "second": draw(3, 5)}
    return weights, {"first": (draw(5, 6), draw(6, 4)), "second": (draw(3, 8), draw(8, 5))}


def open_wide(count: int, seed: int, hidden: int = 4) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw gates whose networks answer about 3, whatever comes in: open, and a little different."""
    rng = torch.Generator().manual_seed(seed)
    first, second = torch.randn(2, count, hidden, generator=rng)
    third = 0.02 * torch.randn(count, hidden, generator=rng)
    return first, second, third, torch.full((count,), 3.0)


def step_gates(threshold: Float[Tensor, " C"]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Write gates that are shut below a threshold and open above it."""
    count = len(threshold)
    steep = torch.full((count, 1), 1000.0)
    return steep, -1000.0 * threshold[:, None], torch.ones(count, 1), torch.zeros(count)


def fixed_gates(count: int, z: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Write gates whose values are z, whatever comes in."""
    silent = torch.zeros(count, 1)
    return silent, silent.clone(), silent.clone(), torch.full((count,), z)


def fixed_gate(
    gates: tuple[Tensor, Tensor, Tensor, Tensor], c: int, z: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the gates with component c's value held at z, whatever comes in."""
    w_in, b_in, w_out, b_out = (t.clone() for t in gates)
    w_out[c], b_out[c] = 0.0, z
    return w_in, b_in, w_out, b_out


@contextmanager
def instead(names: dict[str, Any], **others: object) -> Iterator[None]:
    """Let other functions stand under these names for a while, such as in ``globals()``."""
    kept = {name: names[name] for name in others}
    names.update(others)
    try:
        yield
    finally:
        names.update(kept)


class Bar:
    """A progress bar; give it as ``look``."""

    def __init__(self, steps: int) -> None:
        self._bar = tqdm(total=steps, desc="decomposing", leave=False, mininterval=0.5)
        self._steps = steps

    def __call__(self, step: int, parts: Parts, gates: Gates) -> None:
        """Take notice of a step that is done."""
        self._bar.update()
        if step + 1 == self._steps:
            self._bar.close()


class Watching(Bar):
    """A progress bar and a picture that is drawn anew while a run trains; give it as ``look``.

    Args:
        open_gates: (parts, gates) -> the gates on each feature alone, by layer.
        weights: the target's matrices, ``embed`` first.
        steps: how many there will be.
        pictures: how many pictures; 0 outside a notebook, where there is only the bar.
    """

    def __init__(
        self, open_gates: Open, weights: Mapping[str, Tensor], steps: int, pictures: int = 12
    ) -> None:
        from IPython.display import HTML, display

        self._open, self._weights = open_gates, weights
        # Most of it happens early: the pictures stand closer there.
        self._when = {round(steps * (k / pictures) ** 1.5) for k in range(1, pictures)} | {steps}
        self._shown: Any = display(HTML("<p>before the first step</p>"), display_id=True)
        super().__init__(steps)

    def __call__(self, step: int, parts: Parts, gates: Gates) -> None:
        """Take notice of a step that is done, and draw it if its turn has come."""
        super().__call__(step, parts, gates)
        if self._shown is not None and step + 1 in self._when:  # None outside a notebook
            from IPython.display import HTML

            title = f"After {step + 1:,} of {self._steps:,} steps"
            figure = picture(self._weights, parts, self._open(parts, gates), title)
            self._shown.update(HTML(figure.to_html()))


def renew_crowded(
    weights: Mapping[str, Float[Tensor, "out in"]],
    parts: Parts,
    gates: Gates,
    g: Mapping[str, Float[Tensor, "probes C"]],
    generator: torch.Generator,
    threshold: float = 0.1,
) -> list[str]:
    """Let crowded layers begin anew, in place, but for the components that serve one probe alone.

    A layer is crowded if a component is open for more than one probe, or a probe opens more than
    one. There, all components but those that are open for one probe, and alone for it, are drawn
    again as `random_start` draws them, one-sided; what the kept ones miss of the matrix is then
    spread over the new ones, in least squares. Nothing here hangs on what the matrix means, or on
    how many features there are.

    Args:
        g: the gates on the probes.
        threshold: above it a gate is open.

    Returns:
        the names of the layers that were crowded.
    """
    crowded = []
    for name, W in weights.items():
        if name not in g:
            continue
        is_open = g[name] > threshold
        alone = is_open & (is_open.sum(dim=1, keepdim=True) == 1)
        keep = alone.any(dim=0) & (is_open.sum(dim=0) == 1)
        if torch.equal(keep, is_open.any(dim=0)):
            continue
        crowded.append(name)
        count, hidden = gates[name][0].shape
        start, start_gates = random_start({name: W}, count, generator, hidden, one_sided=True)
        fresh = ~keep
        with torch.no_grad():
            U, V = parts[name]
            U[:, fresh], V[fresh] = start[name][0][:, fresh], start[name][1][fresh]
            U[:, fresh] += (W - U @ V) @ torch.linalg.pinv(V[fresh])
            for old, new in zip(gates[name], start_gates[name], strict=True):
                old[fresh] = new[fresh]
    return crowded


class Renewing:
    """Renew crowded layers at a few steps of a run (`renew_crowded`); give it as ``look``.

    It changes what is being trained: ``look`` must be given the tensors themselves, not copies.

    Args:
        open_gates: (parts, gates) -> the gates on each probe, by layer.
        weights: the target's matrices.
        steps: how many there will be.
        generator: draws the new components.
        then: another ``look``, called afterwards, in each step.
        when: at which shares of the run.

    Attributes:
        renewed: (step, layer) for each renewal so far.
    """

    def __init__(
        self,
        open_gates: Open,
        weights: Mapping[str, Tensor],
        steps: int,
        generator: torch.Generator,
        then: Callable[[int, Parts, Gates], None] | None = None,
        when: Sequence[float] = (0.2, 0.35, 0.5),
    ) -> None:
        self._open, self._weights = open_gates, weights
        self._generator, self._then = generator, then
        self._when = {round(steps * share) for share in when}
        self.renewed: list[tuple[int, str]] = []

    def __call__(self, step: int, parts: Parts, gates: Gates) -> None:
        """Take notice of a step that is done, and renew if it is time."""
        if step + 1 in self._when:
            g = self._open(parts, gates)
            names = renew_crowded(self._weights, parts, gates, g, self._generator)
            self.renewed += [(step + 1, name) for name in names]
        if self._then is not None:
            self._then(step, parts, gates)


def report(name: str, found: Mapping[str, Any]) -> None:
    """Print what a diagnosis says, layer by layer."""
    print(f"{name}: {'right' if found['right'] else 'not right'}")
    for layer, live in found["live"].items():
        print(
            f"    {layer:8} live {live:3}, open for one probe {found['open'][layer]}, unsure gates "
            f"{found['unsure'][layer]}, missing from the live ones {found['missing'][layer]:.3f}"
        )
    print(f"    adversarial error {found['adversarial']:.3f}")


def smooth(losses: Sequence[float], over: int = 25) -> list[float]:
    """Return the means of successive stretches of a curve."""
    whole = len(losses) // over
    return torch.tensor(losses[: whole * over]).reshape(whole, over).mean(dim=1).tolist()


def complaints(found: Mapping[str, Any], most: int = 1, limit: float = 0.06) -> list[str]:
    """Return which of a diagnosis' numbers speak against a run."""
    against = {
        "open": max(found["open"].values()) > most,
        "unsure": max(found["unsure"].values()) > 0,
        "missing": max(found["missing"].values()) >= 0.1,
        "adversarial": found["adversarial"] >= limit,
    }
    return [name for name, holds in against.items() if holds]

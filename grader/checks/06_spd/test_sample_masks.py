"""Hidden checks for sample_masks: support, distribution, independence, generator, gradient."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# g + (1 - g) r in float32.
ROUNDING = 1e-5
N = 4000
LEVELS = (0.0, 0.25, 0.6, 0.9)


def _many(rng: torch.Generator) -> tuple[Tensor, int]:
    """The same four gates for many samples, and a seed."""
    order = torch.randperm(4, generator=rng)
    seed = int(torch.randint(1 << 30, (), generator=rng))
    return torch.tensor(LEVELS)[order].expand(N, 4).contiguous(), seed


def _shares(student, g: Tensor, two_point: bool, seed: int) -> Tensor:
    """Draw masks and return how far each lies on the way from its gate to 1."""
    m = tensor(student.sample_masks(g, two_point, student.dice(seed)), tuple(g.shape), "the masks")
    return (m - g) / (1 - g)


def test_masks_lie_between_gate_and_1(student, rng):
    """Every mask lies between its gate and 1: a gate of 1 leaves the component whole, a gate of 0
    leaves everything open. The gates stay as they are."""
    g = torch.rand(60, 5, generator=rng)
    g[:, 1], g[:, 3] = 0.0, 1.0
    for two_point in (False, True):
        result, after = student.after("sample_masks", g, two_point, student.dice(3))
        m = tensor(result, (60, 5), "the masks")
        holds(bool((m >= g - ROUNDING).all()), "A mask is below its gate.")
        holds(bool((m <= 1 + ROUNDING).all()), "A mask is above 1.")
        close(m[:, 3], torch.ones(60), because="masks of gates that are 1")
        holds(bool((m[:, [0, 2, 4]] > g[:, [0, 2, 4]] + 1e-3).any()), "No mask is above its gate.")
        unchanged(after[:2], (g, two_point))


def test_masks_are_drawn_evenly(student, rng):
    """Over many samples the masks fill the way from the gate to 1 evenly: their mean is half way,
    and each quarter of the way has its share."""
    g, seed = _many(rng)
    r = _shares(student, g, False, seed)
    # Six standard errors of 4,000 draws.
    close(r.mean(0), torch.full((4,), 0.5), atol=0.03, rtol=0, because="the mean, gate by gate")
    for quarter in range(4):
        share = ((r >= quarter / 4) & (r < (quarter + 1) / 4)).double().mean(0)
        close(share, torch.full((4,), 0.25), atol=0.045, rtol=0, because="a quarter of the way")


def test_two_points_are_the_ends(student, rng):
    """With two_point every mask is its gate or 1, each half of the time, whatever the gate is."""
    g, seed = _many(rng)
    r = _shares(student, g, True, seed)
    ends = (r.abs() < 1e-4) | ((r - 1).abs() < 1e-4)
    holds(bool(ends.all()), "A two-point mask is neither its gate nor 1.")
    close(r.mean(0), torch.full((4,), 0.5), atol=0.05, rtol=0, because="the share of ones")


def test_every_sample_and_component_has_its_own(student, rng):
    """Masks are drawn afresh for every sample and every component: what one of them got says
    nothing of the others."""
    g, seed = _many(rng)
    for two_point in (False, True):
        r = _shares(student, g, two_point, seed)
        spread = r.std(0)
        holds(bool((spread > 0.2).all()), "All samples get the same.")
        links = torch.corrcoef(r.mT) - torch.eye(4)
        # Six standard errors.
        holds(bool(links.abs().max() < 0.1), "The components of a sample get the same.")
        later = torch.corrcoef(torch.stack([r[:-1, 0], r[1:, 0]]))[0, 1]
        holds(bool(later.abs() < 0.1), "A sample's masks depend on the one before it.")


def test_the_generator_decides(student, rng):
    """The random numbers come from the generator: the same seed gives the same masks, another seed
    others, and a generator that goes on gives new ones."""
    g, seed = _many(rng)
    g = g[:50]
    for two_point in (False, True):
        dice = student.dice(seed)
        first = tensor(student.sample_masks(g, two_point, dice), (50, 4), "the masks")
        second = tensor(student.sample_masks(g, two_point, dice), (50, 4), "the masks")
        again = tensor(student.sample_masks(g, two_point, student.dice(seed)), (50, 4), "the masks")
        other = tensor(student.sample_masks(g, two_point, student.dice(seed + 1)), (50, 4))
        close(again, first, because="masks of the same seed")
        holds(bool((second != first).any()), "A generator that goes on gives the same masks again.")
        holds(bool((other != first).any()), "Another seed gives the same masks.")


def test_gradients_flow_into_the_gates(student, rng):
    """Where a mask was drawn a share r of the way to 1, a change of the gate moves it by 1 - r."""
    seed = int(torch.randint(1 << 30, (), generator=rng))
    g = 0.1 + 0.7 * torch.rand(1, 1, generator=rng)
    for two_point in (False, True):
        shares = []
        for place in range(8):
            dice = student.dice(seed + place)
            m, (slope,) = student.gradients("sample_masks", g, two_point, dice, wrt=(0,))
            share = (tensor(m, (1, 1), "the mask") - g) / (1 - g)
            shares.append(float(share))
            # A two-point mask that is 1 whatever the gate may have no gradient at all.
            if slope is None and bool((share > 1 - 1e-4).all()):
                continue
            close(slope, 1 - share, atol=1e-4, because="the gradient for the gate")
        # Eight coins that all fall on the same side would be bad luck: the even draws must differ.
        holds(two_point or max(shares) - min(shares) > 1e-3, "All masks are the same.")

"""Wrong integrated gradients that students write."""

import circuits_helpers as circuits
import torch
from labkit.headgraph import HeadGraph


def _eap_ig(
    model, clean, corrupted, correct, wrong, steps, *, shares=None, share_of=None, change=None,
    masked=True, reduce="mean",
):  # fmt: skip
    """The right scores, with a place for each mistake."""
    graph = HeadGraph(model)
    start, end = graph.embed(clean), graph.embed(corrupted)
    ends = graph.run(start)[0], graph.run(end)[0]
    if shares is None:
        shares = [(k + 0.5) / steps for k in range(steps)]
    scores = torch.zeros(graph.is_edge.shape, dtype=start.dtype)
    for alpha in shares:
        with torch.enable_grad():
            nudge = torch.zeros_like(ends[0], requires_grad=True)
            here, logits = graph.run(start + alpha * (end - start), nudge=nudge)
            difference = circuits.logit_difference(logits, correct, wrong)
            metric = difference.mean() if reduce == "mean" else difference.sum()
            (gradient,) = torch.autograd.grad(metric, nudge)
        delta = ends[1] - ends[0] if change is None else change(*ends, here.detach())
        scores += torch.einsum("sbpd,tbpd->st", delta, gradient)
    scores = scores / (len(shares) if share_of is None else share_of)
    return scores * graph.is_edge if masked else scores


def gradient_at_the_clean_end(model, clean, corrupted, correct, wrong, steps):
    """You take every gradient at the clean prompts: that is EAP, however many steps."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=[0.0])


def gradient_at_the_corrupted_end(model, clean, corrupted, correct, wrong, steps):
    """You take the gradient at the corrupted prompts: take the mean along the way."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=[1.0])


def both_ends_only(model, clean, corrupted, correct, wrong, steps):
    """You average the two ends: a saturated head is saturated at both. Walk the way between."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=[0.0, 1.0])


def middle_only(model, clean, corrupted, correct, wrong, steps):
    """You take one gradient, in the middle, whatever the number of steps."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=[0.5])


def not_divided_by_steps(model, clean, corrupted, correct, wrong, steps):
    """You add the gradients up: divide by the number of steps."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, share_of=1)


def divided_twice(model, clean, corrupted, correct, wrong, steps):
    """You divide by the number of steps twice: once."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, share_of=steps * steps)


def starts_of_the_steps(model, clean, corrupted, correct, wrong, steps):
    """You take the gradient at the start of each step, (k - 1) / steps: take the middle."""
    shares = [k / steps for k in range(steps)]
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=shares)


def ends_of_the_steps(model, clean, corrupted, correct, wrong, steps):
    """You take the gradient at the end of each step, k / steps: take the middle."""
    shares = [(k + 1) / steps for k in range(steps)]
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=shares)


def half_a_step_too_early(model, clean, corrupted, correct, wrong, steps):
    """Your k starts at 0 in (k - 1/2) / steps: the first place lies before the clean prompt."""
    shares = [(k - 0.5) / steps for k in range(steps)]
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=shares)


def one_step_missing(model, clean, corrupted, correct, wrong, steps):
    """Your loop leaves out the last step: k runs from 1 to steps."""
    shares = [(k + 0.5) / steps for k in range(steps - 1)]
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, shares=shares, share_of=steps)


def clean_minus_corrupted(model, clean, corrupted, correct, wrong, steps):
    """Your sign is the wrong way round: the change goes from clean to corrupted."""
    return -_eap_ig(model, clean, corrupted, correct, wrong, steps)


def change_taken_along_the_way(model, clean, corrupted, correct, wrong, steps):
    """You take the source's change from the point on the way: it is that between the two ends, the
    same for all steps."""

    def change(clean_write, corrupted_write, here):
        return corrupted_write - here

    return _eap_ig(model, clean, corrupted, correct, wrong, steps, change=change)


def clean_write(model, clean, corrupted, correct, wrong, steps):
    """You multiply by what the source writes on the clean prompts: multiply by its change."""
    return _eap_ig(
        model, clean, corrupted, correct, wrong, steps, change=lambda own, other, here: own
    )


def summed_over_the_batch(model, clean, corrupted, correct, wrong, steps):
    """Your metric is the sum over the prompts: take the mean."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, reduce="sum")


def pairs_that_are_no_edges(model, clean, corrupted, correct, wrong, steps):
    """You leave scores where there is no edge: put 0 there (`graph.is_edge`)."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps, masked=False)


def source_and_target_swapped(model, clean, corrupted, correct, wrong, steps):
    """Your table is [target, source]: the source comes first."""
    return _eap_ig(model, clean, corrupted, correct, wrong, steps).mT.contiguous()

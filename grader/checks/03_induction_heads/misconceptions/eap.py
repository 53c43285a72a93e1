"""Wrong edge attributions that students write."""

import circuits_helpers as circuits
import torch
from labkit.headgraph import HeadGraph


def _eap(
    model, clean, corrupted, correct, wrong, *, at=None, metric=None, change=None, mask=None,
    product=None, target=None,
):  # fmt: skip
    """The right scores, with a place for each mistake."""
    graph = HeadGraph(model)
    mean = lambda logits: circuits.logit_difference(logits, correct, wrong).mean()  # noqa: E731
    start = graph.embed(clean if at is None else at)
    own, _ = graph.run(graph.embed(clean))
    other, _ = graph.run(graph.embed(corrupted))
    with torch.enable_grad():
        nudge = torch.zeros(len(graph.nodes), *start.shape, dtype=start.dtype, requires_grad=True)
        _, logits = graph.run(start, nudge=nudge)
        (gradient,) = torch.autograd.grad((metric or mean)(logits), nudge)
    gradient = gradient if target is None else target(gradient, graph)
    delta = other - own if change is None else change(own, other)
    product = product or (lambda d, g: torch.einsum("sbpd,tbpd->st", d, g))
    return product(delta, gradient) * (graph.is_edge if mask is None else mask(graph))


def clean_minus_corrupted(model, clean, corrupted, correct, wrong):
    """Your sign is the wrong way round: the change goes from clean to corrupted, corrupted minus
    clean."""
    return -_eap(model, clean, corrupted, correct, wrong)


def gradient_at_the_corrupted_prompts(model, clean, corrupted, correct, wrong):
    """You take the gradient at the corrupted prompts: take it at the clean ones, where the edge is
    cut."""
    return _eap(model, clean, corrupted, correct, wrong, at=corrupted)


def clean_write_times_gradient(model, clean, corrupted, correct, wrong):
    """You multiply by what the source writes: that is cutting to zero. Multiply by corrupted minus
    clean."""
    return _eap(model, clean, corrupted, correct, wrong, change=lambda own, other: -own)


def corrupted_write_times_gradient(model, clean, corrupted, correct, wrong):
    """You multiply by what the source writes on the corrupted prompts: subtract what it writes on
    the clean ones."""
    return _eap(model, clean, corrupted, correct, wrong, change=lambda own, other: other)


def source_and_target_swapped(model, clean, corrupted, correct, wrong):
    """Your table is [target, source]: the source comes first."""
    return _eap(model, clean, corrupted, correct, wrong).mT.contiguous()


def pairs_that_are_no_edges(model, clean, corrupted, correct, wrong):
    """You leave scores where there is no edge: put 0 there (`graph.is_edge`)."""
    return _eap(model, clean, corrupted, correct, wrong, mask=lambda graph: 1)


def heads_of_one_layer_joined(model, clean, corrupted, correct, wrong):
    """You keep every pair with source before target: heads of one layer read the same stream, and
    there is no edge among them."""

    def mask(graph):
        return torch.ones_like(graph.is_edge).triu(1)

    return _eap(model, clean, corrupted, correct, wrong, mask=mask)


def summed_over_the_batch(model, clean, corrupted, correct, wrong):
    """Your metric is the sum over the prompts: take the mean."""

    def metric(logits):
        return circuits.logit_difference(logits, correct, wrong).sum()

    return _eap(model, clean, corrupted, correct, wrong, metric=metric)


def mean_taken_twice(model, clean, corrupted, correct, wrong):
    """You take the mean over the batch in the metric and again in the product: once."""
    return _eap(model, clean, corrupted, correct, wrong) / len(clean)


def correct_logit_only(model, clean, corrupted, correct, wrong):
    """Your metric is the correct token's logit: it is the difference to the wrong one's."""

    def metric(logits):
        return logits[torch.arange(len(logits)), correct].mean()

    return _eap(model, clean, corrupted, correct, wrong, metric=metric)


def difference_of_probabilities(model, clean, corrupted, correct, wrong):
    """Your metric is a difference of probabilities: it is one of logits."""

    def metric(logits):
        return circuits.logit_difference(logits.softmax(-1), correct, wrong).mean()

    return _eap(model, clean, corrupted, correct, wrong, metric=metric)


def wrong_minus_correct_at_corrupted(model, clean, corrupted, correct, wrong):
    """You exchange clean and corrupted altogether: gradient at the corrupted prompts, change from
    corrupted to clean."""
    return _eap(model, corrupted, clean, correct, wrong)


def last_position_only(model, clean, corrupted, correct, wrong):
    """You sum over the last position only: a head also reads the positions before it."""

    def product(d, g):
        return torch.einsum("sbd,tbd->st", d[:, :, -1], g[:, :, -1])

    return _eap(model, clean, corrupted, correct, wrong, product=product)


def absolute_values(model, clean, corrupted, correct, wrong):
    """You return absolute values: a score has a sign."""
    return _eap(model, clean, corrupted, correct, wrong).abs()


def absolute_before_the_sum(model, clean, corrupted, correct, wrong):
    """You take absolute values before you sum: what one number adds another may take back."""

    def product(d, g):
        return (d[:, None] * g[None]).abs().sum((2, 3, 4))

    return _eap(model, clean, corrupted, correct, wrong, product=product)


def score_of_the_source_for_every_edge(model, clean, corrupted, correct, wrong):
    """You give all edges of a source the same score: the gradient at the *target's* input tells
    them apart."""
    graph = HeadGraph(model)
    scores = _eap(model, clean, corrupted, correct, wrong)
    return scores.sum(1, keepdim=True) * graph.is_edge


def changes_of_the_target(model, clean, corrupted, correct, wrong):
    """You multiply the target's gradient with the target's own change: it is the source's change
    that comes along the edge."""

    def product(d, g):
        own = torch.einsum("tbpd,tbpd->t", d, g)
        return own.expand(len(own), -1)

    return _eap(model, clean, corrupted, correct, wrong, product=product)

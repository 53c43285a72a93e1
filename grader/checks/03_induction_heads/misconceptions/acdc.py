"""Wrong circuit discoveries that students write."""

import torch
from labkit.headgraph import HeadGraph


def _acdc(
    model, clean, corrupted, tau, *, instead=None, order=None, cost_of=None, passes=None,
    always_update=False, restore=True, kept=None, start=None, reduce=None,
):  # fmt: skip
    """The right walk, with a place for each mistake."""
    graph = HeadGraph(model)
    x = graph.embed(clean if start is None else start)
    other, _ = graph.run(graph.embed(corrupted))
    if instead is not None:
        other = instead(graph, other)
    log_p = graph.run(graph.embed(clean))[1].log_softmax(-1)
    cost_of = cost_of or (lambda p, q: (p.exp() * (p - q)).sum(-1))
    reduce = reduce or (lambda costs: costs.mean().item())
    passes = passes or (lambda new, cost: new - cost < tau)
    cut, cost = torch.zeros_like(graph.is_edge), 0.0
    for edge in list(reversed(graph.edges)) if order is None else order(graph):
        cut[edge] = True
        _, logits = graph.run(x, cut=cut, instead=other)
        new = reduce(cost_of(log_p, logits.log_softmax(-1)))
        fine = passes(new, cost)
        if fine or always_update:
            cost = new
        if not fine and restore:
            cut[edge] = False
    return graph.is_edge & ~cut if kept is None else kept(graph, cut)


def zeros_for_corrupted(model, clean, corrupted, tau):
    """You replace a cut edge's message by zeros: by what the source writes on the corrupted
    prompts. A head that says the same everywhere would seem to be part of the circuit."""
    return _acdc(model, clean, corrupted, tau, instead=lambda graph, other: 0 * other)


def mean_for_corrupted(model, clean, corrupted, tau):
    """You replace a cut edge's message by its mean over the corrupted prompts: each prompt has its
    own corrupted twin."""

    def mean(graph, other):
        return other.mean(1, keepdim=True).expand_as(other)

    return _acdc(model, clean, corrupted, tau, instead=mean)


def clean_for_corrupted(model, clean, corrupted, tau):
    """You replace a cut edge's message by what the source writes on the clean prompts: nothing
    changes, and every edge is cut."""

    def own(graph, other):
        return graph.run(graph.embed(clean))[0]

    return _acdc(model, clean, corrupted, tau, instead=own)


def absolute_cost(model, clean, corrupted, tau):
    """You compare the whole cost with tau: what this edge adds to the cuts before it counts."""
    return _acdc(model, clean, corrupted, tau, passes=lambda new, cost: new < tau)


def each_edge_alone(model, clean, corrupted, tau):
    """You cut each edge by itself: the edges that were cut before it stay cut."""
    graph = HeadGraph(model)
    other, _ = graph.run(graph.embed(corrupted))
    log_p = graph.run(graph.embed(clean))[1].log_softmax(-1)
    kept = torch.zeros_like(graph.is_edge)
    for edge in graph.edges:
        cut = torch.zeros_like(graph.is_edge)
        cut[edge] = True
        log_q = graph.run(graph.embed(clean), cut=cut, instead=other)[1].log_softmax(-1)
        kept[edge] = (log_p.exp() * (log_p - log_q)).sum(-1).mean() >= tau
    return kept


def from_the_first_to_the_last(model, clean, corrupted, tau):
    """You walk from the input up: start at the output, with the last edge."""
    return _acdc(model, clean, corrupted, tau, order=lambda graph: graph.edges)


def sources_from_the_first(model, clean, corrupted, tau):
    """You walk back through the targets and forward through each one's sources: walk through
    `graph.edges` from the last to the first."""

    def order(graph):
        return sorted(graph.edges, key=lambda edge: (-edge[1], edge[0]))

    return _acdc(model, clean, corrupted, tau, order=order)


def by_source(model, clean, corrupted, tau):
    """You walk by sources, last to first: walk by targets, as `graph.edges` has them."""
    return _acdc(model, clean, corrupted, tau, order=lambda g: sorted(g.edges)[::-1])


def cost_updated_when_put_back(model, clean, corrupted, tau):
    """You update the cost also when the edge is put back: then its cost is charged to nobody."""
    return _acdc(model, clean, corrupted, tau, always_update=True)


def never_put_back(model, clean, corrupted, tau):
    """You leave a cut in place that costs too much: put the edge back."""
    graph = HeadGraph(model)
    kept = torch.zeros_like(graph.is_edge)
    walk = list(reversed(graph.edges))
    seen = iter(walk)

    def passes(new, cost):
        edge = next(seen)
        kept[edge] = new - cost >= tau
        return new - cost < tau

    _acdc(model, clean, corrupted, tau, passes=passes, restore=False, always_update=True)
    return kept


def absolute_change(model, clean, corrupted, tau):
    """You compare the size of the change with tau: a cut that brings the output nearer to the
    model again has a negative cost, and passes."""
    return _acdc(model, clean, corrupted, tau, passes=lambda new, cost: abs(new - cost) < tau)


def reversed_divergence(model, clean, corrupted, tau):
    """Your KL is the wrong way round: KL(model || cut model), the model's probabilities weigh."""
    return _acdc(model, clean, corrupted, tau, cost_of=lambda p, q: (q.exp() * (q - p)).sum(-1))


def divergence_summed_over_the_batch(model, clean, corrupted, tau):
    """You sum the KL over the batch: take the mean over the prompts."""
    return _acdc(model, clean, corrupted, tau, reduce=lambda costs: costs.sum().item())


def divergence_averaged_over_the_vocabulary(model, clean, corrupted, tau):
    """You take the mean over the vocabulary: the KL is a sum over it."""
    return _acdc(model, clean, corrupted, tau, cost_of=lambda p, q: (p.exp() * (p - q)).mean(-1))


def the_cut_edges(model, clean, corrupted, tau):
    """You return the edges that are cut: return those that stay."""
    return _acdc(model, clean, corrupted, tau, kept=lambda graph, cut: cut)


def pairs_that_are_no_edges(model, clean, corrupted, tau):
    """You return all that is not cut, pairs that are no edges as well: `graph.is_edge & ...`"""
    return _acdc(model, clean, corrupted, tau, kept=lambda graph, cut: ~cut)


def source_and_target_swapped(model, clean, corrupted, tau):
    """Your mask is [target, source]: the source comes first."""
    return _acdc(model, clean, corrupted, tau).mT.contiguous()


def cut_where_it_costs(model, clean, corrupted, tau):
    """Your comparison is the wrong way round: an edge is cut when it costs *less* than tau."""
    return _acdc(model, clean, corrupted, tau, passes=lambda new, cost: new - cost >= tau)


def clean_and_corrupted_swapped(model, clean, corrupted, tau):
    """You start from the corrupted prompts and bring clean messages in: it is the other way
    round."""
    return _acdc(model, corrupted, clean, tau)

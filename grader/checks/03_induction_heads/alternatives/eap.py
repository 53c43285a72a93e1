"""Other right ways to write eap."""

import torch
from labkit.headgraph import HeadGraph


def gradient_of_the_cut(model, clean, corrupted, correct, wrong):
    """The slope of the metric in the mask itself: how much of each edge is cut."""
    graph = HeadGraph(model)
    other, _ = graph.run(graph.embed(corrupted))
    start = graph.embed(clean)
    n = len(graph.nodes)
    share = torch.zeros(n, n, dtype=start.dtype, requires_grad=True)
    with torch.enable_grad():
        _, logits = graph.run(start, cut=share, instead=other)
        rows = torch.arange(len(logits))
        metric = (logits[rows, correct] - logits[rows, wrong]).mean()
        metric.backward()
    return torch.where(graph.is_edge, share.grad, torch.zeros_like(share.grad)).detach()


def prompt_by_prompt_in_loops(model, clean, corrupted, correct, wrong):
    """One prompt at a time, one edge at a time, with `backward`."""
    graph = HeadGraph(model)
    scores = torch.zeros(len(graph.nodes), len(graph.nodes), dtype=torch.float64)
    for row in range(len(clean)):
        x, y = graph.embed(clean[row : row + 1]), graph.embed(corrupted[row : row + 1])
        bad, _ = graph.run(y)
        nudge = torch.zeros((len(graph.nodes), *x.shape), dtype=x.dtype).requires_grad_(True)
        with torch.enable_grad():
            good, logits = graph.run(x, nudge=nudge)
            (logits[0, correct[row]] - logits[0, wrong[row]]).backward()
        step = (bad - good).detach()
        for source, target in graph.edges:
            scores[source, target] += (step[source] * nudge.grad[target]).sum().item() / len(clean)
    return scores

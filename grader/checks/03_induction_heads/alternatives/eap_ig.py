"""Other right ways to write eap_ig."""

import torch
from labkit.headgraph import HeadGraph


def all_steps_in_one_batch(model, clean, corrupted, correct, wrong, steps):
    """Every step is a block of rows in one run; one backward pass for all."""
    graph = HeadGraph(model)
    x, y = graph.embed(clean), graph.embed(corrupted)
    change = graph.run(y)[0] - graph.run(x)[0]
    shares = (torch.arange(steps, dtype=x.dtype) + 0.5) / steps
    way = torch.lerp(x[None], y[None], shares[:, None, None, None]).flatten(0, 1)
    nudge = torch.zeros(len(graph.nodes), *way.shape, dtype=x.dtype, requires_grad=True)
    with torch.enable_grad():
        _, logits = graph.run(way, nudge=nudge)
        rows = torch.arange(len(way))
        metric = logits[rows, correct.repeat(steps)] - logits[rows, wrong.repeat(steps)]
        (gradient,) = torch.autograd.grad(metric.mean() * steps, nudge)
    gradient = gradient.unflatten(1, (steps, len(x))).mean(1)
    scores = (change[:, None] * gradient[None]).sum((2, 3, 4))
    return scores.masked_fill(~graph.is_edge, 0)


def edge_by_edge(model, clean, corrupted, correct, wrong, steps):
    """The scores as a running mean over the steps, filled in edge by edge."""
    graph = HeadGraph(model)
    with torch.no_grad():
        clean_write, _ = graph.run(graph.embed(clean))
        corrupted_write, _ = graph.run(graph.embed(corrupted))
    scores = torch.zeros(len(graph.nodes), len(graph.nodes))
    for step in range(steps):
        alpha = (2 * step + 1) / (2 * steps)
        place = (1 - alpha) * graph.embed(clean) + alpha * graph.embed(corrupted)
        nudge = torch.zeros_like(clean_write).requires_grad_(True)
        with torch.enable_grad():
            logits = graph.run(place, nudge=nudge)[1]
            picked = logits.gather(1, torch.stack([correct, wrong], dim=1))
            (picked[:, 0] - picked[:, 1]).mean().backward()
        for s, t in graph.edges:
            score = torch.sum((corrupted_write[s] - clean_write[s]) * nudge.grad[t])
            scores[s, t] += score.item() / steps
    return scores

"""Other right ways to write acdc."""

import torch
from labkit.headgraph import HeadGraph


@torch.no_grad()
def by_targets_then_sources(model, clean, corrupted, tau):
    """Two loops over node numbers, torch's own KL, and a mask of what is kept."""
    graph = HeadGraph(model)
    embedded = graph.embed(clean)
    replacement = graph.run(graph.embed(corrupted))[0]
    p = graph.run(embedded)[1].softmax(-1)
    kept = graph.is_edge.clone()

    def divergence(mask):
        q = graph.run(embedded, cut=graph.is_edge & ~mask, instead=replacement)[1].log_softmax(-1)
        return torch.nn.functional.kl_div(q, p, reduction="batchmean").item()

    current = divergence(kept)
    n = len(graph.nodes)
    for target in range(n - 1, -1, -1):
        for source in range(n - 1, -1, -1):
            if not graph.is_edge[source, target]:
                continue
            trial = kept.clone()
            trial[source, target] = False
            cost = divergence(trial)
            if cost - current < tau:
                kept, current = trial, cost
    return kept


def with_distributions(model, clean, corrupted, tau):
    """`torch.distributions` for the KL, sets of edges, and a mask at the end."""
    graph = HeadGraph(model)
    categorical = torch.distributions.Categorical
    with torch.no_grad():
        x, y = graph.embed(clean), graph.embed(corrupted)
        bad, _ = graph.run(y)
        truth = categorical(logits=graph.run(x)[1])
        gone, spent = set(), torch.zeros(())
        for edge in graph.edges[::-1]:
            mask = torch.zeros(len(graph.nodes), len(graph.nodes))
            for source, target in gone | {edge}:
                mask[source, target] = 1.0
            said = categorical(logits=graph.run(x, cut=mask, instead=bad)[1])
            now = torch.distributions.kl_divergence(truth, said).mean()
            if now < spent + tau:
                gone.add(edge)
                spent = now
    result = torch.zeros(len(graph.nodes), len(graph.nodes), dtype=torch.bool)
    for edge in graph.edges:
        result[edge] = edge not in gone
    return result

"""Other right ways to write rank_correlation."""

import statistics

import torch


def by_sorting(one, other):
    """Sort, group equal values and give each group the mean of its places; torch's corrcoef."""
    ranks = []
    for values in (one, other):
        _, group, counts = torch.unique(values, return_inverse=True, return_counts=True)
        last = counts.cumsum(0)
        ranks.append((last - (counts - 1) / 2)[group])
    table = torch.stack(ranks)
    if (table.std(dim=1) == 0).any():
        return 0.0
    return float(torch.corrcoef(table)[0, 1])


def in_plain_python(one, other):
    """Lists, a dictionary of places, and the library's correlation; an exception is the guard."""

    def ranks(values):
        places = {}
        for place, value in enumerate(sorted(values)):
            places.setdefault(value, []).append(place)
        return [sum(places[value]) / len(places[value]) for value in values]

    try:
        return statistics.correlation(ranks(one.tolist()), ranks(other.tolist()))
    except statistics.StatisticsError:
        return 0.0

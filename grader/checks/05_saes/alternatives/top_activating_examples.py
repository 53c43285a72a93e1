"""Other right ways to write top_activating_examples."""

import torch


def loops_and_sorting(acts, valid, k):
    """Plain Python: the best place of each text, sorted."""
    best = []
    for text, (row, mask) in enumerate(zip(acts.tolist(), valid.tolist(), strict=True)):
        there = [(a, pos) for pos, (a, ok) in enumerate(zip(row, mask, strict=True)) if ok]
        if there and max(there)[0] > 0:
            value, pos = max(there)
            best.append((value, text, pos))
    best.sort(reverse=True)
    return [(text, pos) for _, text, pos in best[:k]]


def topk_as_tensors(acts, valid, k):
    """topk over masked maxima; pairs of tensors of one number, in lists."""
    values, positions = acts.masked_fill(~valid, -1.0).max(dim=1)
    top = values.topk(min(k, len(values)))
    return [
        [text, positions[text]]
        for value, text in zip(top.values, top.indices, strict=True)
        if value > 0
    ]


def walk_down_the_table(acts, valid, k):
    """All places from the loudest down; a text that was met before is passed over."""
    flat = (acts * valid).flatten()
    found = {}
    for place in torch.argsort(flat, descending=True).tolist():
        if flat[place] <= 0 or len(found) == k:
            break
        found.setdefault(place // acts.shape[1], place % acts.shape[1])
    return list(found.items())

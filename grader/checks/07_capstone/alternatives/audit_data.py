"""Other right ways to write audit_data."""

from collections import Counter, defaultdict

import numpy as np
import torch


def with_numpy(texts, labels, groups):
    """A table of words against texts, and contingency by numpy."""
    y, g = labels.numpy(), groups.numpy()
    vocabulary = sorted({word for text in texts for word in text.casefold().split()})
    column = {word: number for number, word in enumerate(vocabulary)}
    held = np.zeros((len(texts), len(vocabulary)), dtype=bool)
    for row, text in enumerate(texts):
        for word in text.casefold().split():
            held[row, column[word]] = True
    agree = (held == y[:, None]).mean(axis=0)
    groups_of = defaultdict(set)
    for text, name in zip(texts, g, strict=True):
        groups_of[tuple(text.casefold().split())].add(name)
    return {
        "base_rate": float(max(y.mean(), (~y).mean())),
        "group_rate": sum(
            np.bincount(y[g == name].astype(int), minlength=2).max() for name in np.unique(g)
        ) / len(y),
        "word_rate": float(np.maximum(agree, 1 - agree).max()),
        "repeated": sum(len(groups_of[tuple(text.casefold().split())]) > 1 for text in texts),
    }  # fmt: skip


def with_counters(texts, labels, groups):
    """Counts of (word, label) and of (group, label); tensors come back."""
    n, yes = len(texts), int(labels.sum())
    in_group, in_word = Counter(), Counter()
    keys = []
    for text, label, group in zip(texts, labels.tolist(), groups.tolist(), strict=True):
        in_group[group, label] += 1
        in_word.update((word, label) for word in {*text.lower().split()})
        keys.append((" ".join(text.lower().split()), group))
    right = [in_word[word, True] + n - yes - in_word[word, False] for word, _ in in_word]
    names = {group for group, _ in in_group}
    return {
        "repeated": torch.tensor(
            sum(any(k == key and g != group for k, g in keys) for key, group in keys)
        ),
        "word_rate": torch.tensor(max(max(r, n - r) for r in right) / n),
        "group_rate": torch.tensor(
            sum(max(in_group[name, True], in_group[name, False]) for name in names) / n
        ),
        "base_rate": torch.tensor(max(yes, n - yes) / n),
    }

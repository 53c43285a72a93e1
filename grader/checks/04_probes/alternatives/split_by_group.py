"""Other right ways to write split_by_group."""

import random

import numpy as np
import torch


def python_sets_and_a_loop(groups, valid_share, test_share, seed):
    """Python's own shuffle of a sorted list; each example asks where its group went."""
    names = sorted(set(groups.tolist()))
    random.Random(seed).shuffle(names)
    n_test = max(1, round(test_share * len(names)))
    n_valid = max(1, round(valid_share * len(names)))
    side = dict.fromkeys(names[:n_test], "test")
    side.update(dict.fromkeys(names[n_test : n_test + n_valid], "valid"))
    sides = [side.get(name, "train") for name in groups.tolist()]
    return tuple(torch.tensor([s == which for s in sides]) for which in ("train", "valid", "test"))


def scikit_learn_twice(groups, valid_share, test_share, seed):
    """scikit-learn's GroupShuffleSplit: first test, then valid out of the rest."""
    from sklearn.model_selection import GroupShuffleSplit

    names = groups.numpy()
    n_groups, index = len(np.unique(names)), np.arange(len(names))
    n_valid, n_test = (max(1, round(share * n_groups)) for share in (valid_share, test_share))
    first = GroupShuffleSplit(1, test_size=n_test, random_state=seed)
    rest, test = next(first.split(index, groups=names))
    second = GroupShuffleSplit(1, test_size=n_valid, random_state=seed)
    train, valid = next(second.split(rest, groups=names[rest]))
    masks = torch.zeros(3, len(names), dtype=torch.bool)
    for row, chosen in enumerate((rest[train], rest[valid], test)):
        masks[row, torch.from_numpy(chosen)] = True
    return masks[0], masks[1], masks[2]


def a_random_number_for_each_group(groups, valid_share, test_share, seed):
    """Each group draws a number; the smallest go to valid, the largest to test."""
    names, number_of = groups.unique(return_inverse=True)
    n = len(names)
    draws = torch.rand(n, generator=torch.Generator().manual_seed(seed))
    rank = draws.argsort().argsort()[number_of]
    valid = rank < max(1, round(valid_share * n))
    test = rank >= n - max(1, round(test_share * n))
    return ~valid & ~test, valid, test

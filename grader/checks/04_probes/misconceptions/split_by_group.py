"""Wrong splits that students write."""

import torch


def _sizes(n, valid_share, test_share):
    return max(1, round(valid_share * n)), max(1, round(test_share * n))


def _shuffled(values, seed):
    generator = torch.Generator().manual_seed(seed)
    return values[torch.randperm(len(values), generator=generator)]


def _by_names(groups, valid, test):
    valid, test = torch.isin(groups, valid), torch.isin(groups, test)
    return ~(valid | test), valid, test


def examples_shuffled_one_by_one(groups, valid_share, test_share, seed):
    """You shuffle single examples: those of one group, near copies of each other, end up on both
    sides. Shuffle the groups."""
    n = len(groups)
    n_valid, n_test = _sizes(n, valid_share, test_share)
    place = _shuffled(torch.arange(n), seed)
    valid = (place >= n - n_valid - n_test) & (place < n - n_test)
    test = place >= n - n_test
    return ~(valid | test), valid, test


def cut_in_the_given_order(groups, valid_share, test_share, seed):
    """You cut the list of examples as it comes, at its end: the cut goes through groups, and the
    seed does nothing."""
    n = len(groups)
    n_valid, n_test = _sizes(n, valid_share, test_share)
    place = torch.arange(n)
    valid = (place >= n - n_valid - n_test) & (place < n - n_test)
    test = place >= n - n_test
    return ~(valid | test), valid, test


def groups_in_order(groups, valid_share, test_share, seed):
    """You take the groups in their order: the same ones are tested whatever the seed."""
    names = groups.unique()
    n_valid, n_test = _sizes(len(names), valid_share, test_share)
    return _by_names(groups, names[:n_valid], names[n_valid : n_valid + n_test])


def test_groups_also_validate(groups, valid_share, test_share, seed):
    """You draw valid and test both from the front of the list, so that the same groups are in
    both: what was chosen on them is then reported on them."""
    names = _shuffled(groups.unique(), seed)
    n_valid, n_test = _sizes(len(names), valid_share, test_share)
    return _by_names(groups, names[:n_valid], names[:n_test])


def train_keeps_everything(groups, valid_share, test_share, seed):
    """Your training mask holds all examples: those of valid and test have to be taken out."""
    names = _shuffled(groups.unique(), seed)
    n_valid, n_test = _sizes(len(names), valid_share, test_share)
    _, valid, test = _by_names(groups, names[:n_valid], names[n_valid : n_valid + n_test])
    return torch.ones_like(valid), valid, test


def train_keeps_valid(groups, valid_share, test_share, seed):
    """Your training mask still holds the validation groups: a choice made on what was fitted is
    no choice."""
    names = _shuffled(groups.unique(), seed)
    n_valid, n_test = _sizes(len(names), valid_share, test_share)
    _, valid, test = _by_names(groups, names[:n_valid], names[n_valid : n_valid + n_test])
    return ~test, valid, test


def shares_of_examples(groups, valid_share, test_share, seed):
    """You fill valid and test until they have their shares of the examples: the shares are of the
    number of groups."""
    names, counts = groups.unique(return_counts=True)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(names), generator=generator)
    before = (counts[order].cumsum(0) - counts[order]) / len(groups)
    valid = names[order[before < valid_share]]
    test = names[order[(before >= valid_share) & (before < valid_share + test_share)]]
    return _by_names(groups, valid, test)


def rounded_down(groups, valid_share, test_share, seed):
    """You cut the number of groups off instead of rounding it, and a small share gives no group at
    all: round, and take at least one."""
    names = _shuffled(groups.unique(), seed)
    n_valid, n_test = int(valid_share * len(names)), int(test_share * len(names))
    return _by_names(groups, names[:n_valid], names[n_valid : n_valid + n_test])


def random_without_the_seed(groups, valid_share, test_share, seed):
    """You shuffle with PyTorch's global random numbers: nobody can make this split again. Take a
    generator with the seed."""
    names = groups.unique()
    names = names[torch.randperm(len(names))]
    n_valid, n_test = _sizes(len(names), valid_share, test_share)
    return _by_names(groups, names[:n_valid], names[n_valid : n_valid + n_test])


def positions_for_names(groups, valid_share, test_share, seed):
    """You take the groups' places in your list for their names: group numbers can be any
    integers."""
    n_groups = len(groups.unique())
    order = _shuffled(torch.arange(n_groups), seed)
    n_valid, n_test = _sizes(n_groups, valid_share, test_share)
    return _by_names(groups, order[:n_valid], order[n_valid : n_valid + n_test])


def train_and_test_exchanged(groups, valid_share, test_share, seed):
    """You return the masks in another order: train comes first, then valid, then test."""
    names = _shuffled(groups.unique(), seed)
    n_valid, n_test = _sizes(len(names), valid_share, test_share)
    train, valid, test = _by_names(groups, names[:n_valid], names[n_valid : n_valid + n_test])
    return test, valid, train

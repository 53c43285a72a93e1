"""Wrong standardisations that students write."""

import torch


def _scale(train, mean, spread, test):
    return (train - mean) / spread, (test - mean) / spread


def _spread(train, correction=0, dim=0):
    spread = train.std(dim=dim, correction=correction)
    constant = train.amax(dim=dim) == train.amin(dim=dim)
    return torch.where(constant, torch.ones_like(spread), spread)


def test_by_its_own_statistics(train, test):
    """You standardise test by its own mean and spread: use those of train. A single example has
    no spread."""
    own = test.std(dim=0, correction=0)
    own = torch.where(test.amax(0) == test.amin(0), torch.ones_like(own), own)
    return (train - train.mean(0)) / _spread(train), (test - test.mean(0)) / own


def statistics_of_both(train, test):
    """You take mean and spread over train and test together: something of the test rows gets into
    training. Train alone."""
    both = torch.cat([train, test])
    return _scale(train, both.mean(0), _spread(both), test)


def test_left_raw(train, test):
    """You leave test as it was: it has to be shifted and scaled like train."""
    return (train - train.mean(0)) / _spread(train), test.clone()


def divided_by_n_minus_1(train, test):
    """You divide by n - 1 in the standard deviation, PyTorch's default: here it is n,
    `correction=0`."""
    return _scale(train, train.mean(0), _spread(train, correction=1), test)


def constant_columns_divided(train, test):
    """You divide a constant column by its standard deviation: that is 0, or a rounding error."""
    return _scale(train, train.mean(0), train.std(dim=0, correction=0), test)


def exact_zero_only(train, test):
    """You look for a standard deviation of exactly 0: rounding can leave a tiny one in a constant
    column. Compare its largest entry with its smallest."""
    spread = (train - train.mean(0)).square().mean(0).sqrt()
    spread = torch.where(spread == 0, torch.ones_like(spread), spread)
    return _scale(train, train.mean(0), spread, test)


def small_number_added(train, test):
    """You add a fixed small number to the standard deviation: columns of small numbers come out
    too small, and units begin to matter."""
    return _scale(train, train.mean(0), train.std(dim=0, correction=0) + 1e-2, test)


def fixed_threshold(train, test):
    """You call a column constant when its standard deviation is below a fixed small number: in
    other units a real spread is as small. Compare its largest entry with its smallest."""
    spread = train.std(dim=0, correction=0)
    spread = torch.where(spread < 1e-5, torch.ones_like(spread), spread)
    return _scale(train, train.mean(0), spread, test)


def one_statistic_for_all_columns(train, test):
    """You take one mean and one spread for the whole matrix: each column has its own."""
    return _scale(train, train.mean(), train.std(correction=0), test)


def along_the_rows(train, test):
    """You standardise each row: it is the columns, the dimensions, that have a mean and a
    spread."""
    return tuple((x - x.mean(1, keepdim=True)) / _spread(x, dim=1)[:, None] for x in (train, test))


def not_centred(train, test):
    """You scale and do not subtract the mean."""
    return train / _spread(train), test / _spread(train)


def not_scaled(train, test):
    """You subtract the mean and do not scale."""
    return train - train.mean(0), test - train.mean(0)


def divided_by_the_variance(train, test):
    """You divide by the variance: divide by its root, the standard deviation."""
    return _scale(train, train.mean(0), _spread(train) ** 2, test)


def scaled_to_unit_interval(train, test):
    """You divide by the range of each column: divide by its standard deviation."""
    spread = train.amax(0) - train.amin(0)
    spread = torch.where(spread == 0, torch.ones_like(spread), spread)
    return _scale(train, train.mean(0), spread, test)


def constant_columns_dropped(train, test):
    """You set constant columns to 0 in test as well: test may differ from the constant there."""
    constant = train.amax(0) == train.amin(0)
    one, other = _scale(train, train.mean(0), _spread(train), test)
    return one, torch.where(constant, torch.zeros_like(other), other)

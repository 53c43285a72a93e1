"""Hidden checks for standardise: scikit-learn's scaler, strange columns, one row at a time."""

import torch
from torch import Tensor

from grader.assertions import close, items, tensor, unchanged

# A mean and a division of numbers up to 100, perhaps in float32.
FLOAT32 = {"atol": 2e-4, "rtol": 2e-4}


def _draw(rng: torch.Generator, n: int, m: int, d: int) -> tuple[Tensor, Tensor]:
    """Draw rows whose columns have sizes and centres of their own; test differs from train."""
    size = 0.2 * 40 ** torch.rand(d, generator=rng, dtype=torch.float64)
    centre = 3 * torch.randn(d, generator=rng, dtype=torch.float64)
    train = centre + size * torch.randn(n, d, generator=rng, dtype=torch.float64)
    test = centre + size * (1.5 + 2 * torch.randn(m, d, generator=rng, dtype=torch.float64))
    return train, test


def _both(result: object, train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    one, other = items(result, 2, "the result")
    return (
        tensor(one, tuple(train.shape), "standardised train"),
        tensor(other, tuple(test.shape), "standardised test"),
    )


def test_mean_0_and_spread_1(student, rng):
    """Each column of train comes out with mean 0 and standard deviation 1 (divided by n); what was
    given is left as it was."""
    train, test = _draw(rng, 9, 5, 6)
    result, after = student.after("standardise", train, test)
    one, _ = _both(result, train, test)
    close(one.mean(dim=0), torch.zeros(6), **FLOAT32, because="the columns' means")
    close(one.square().mean(dim=0), torch.ones(6), **FLOAT32, because="the columns' mean squares")
    unchanged(after, (train, test))


def test_statistics_of_train_alone(student, rng):
    """Test is shifted and scaled by what train has, as scikit-learn's StandardScaler does it; each
    test row comes out the same whatever the other test rows are, and train too."""
    from sklearn.preprocessing import StandardScaler

    train, test = _draw(rng, 8, 7, 5)
    one, other = _both(student.standardise(train, test), train, test)
    expected = torch.from_numpy(StandardScaler().fit(train.numpy()).transform(test.numpy()))
    close(other, expected, **FLOAT32, because="standardised test")
    row = int(torch.randint(7, (), generator=rng))
    same, alone = _both(student.standardise(train, test[[row]]), train, test[[row]])
    close(alone, other[[row]], **FLOAT32, because="a test row by itself")
    close(same, one, **FLOAT32, because="train beside other test rows")


def test_constant_columns(student, rng):
    """A column that is constant in train is shifted and not scaled: 0 in train, the distance from
    the constant in test, also where rounding would leave a tiny standard deviation; others are
    scaled as always."""
    train, test = (part.float() for part in _draw(rng, 30, 4, 12))
    # Sums of 30 copies of such numbers do not come out even in float32: of nine one surely.
    fixed = torch.tensor([1, 3, 4, 5, 6, 8, 9, 10, 11])
    constants = torch.tensor([0.1, -7.3, 0.7] * 3) * (1 + torch.rand(9, generator=rng))
    train[:, fixed] = constants
    one, other = _both(student.standardise(train, test), train, test)
    shifted = (test[:, fixed] - constants).double()
    close(one[:, fixed], torch.zeros(30, 9), atol=1e-4, rtol=0, because="constant columns of train")
    close(other[:, fixed], shifted, atol=1e-4, rtol=1e-4, because="the same columns of test")
    squares = one[:, [0, 2, 7]].square().mean(dim=0)
    close(squares, torch.ones(3), atol=1e-3, rtol=0, because="mean squares of the other columns")


def test_units_do_not_matter(student, rng):
    """Measured in other units and from another zero, a column comes out the same, however small
    its numbers are."""
    train, test = _draw(rng, 10, 6, 4)
    units = 10 ** (4 * torch.rand(4, generator=rng, dtype=torch.float64) - 3)
    units[int(torch.randint(4, (), generator=rng))] = 1e-9  # a spread below any fixed threshold
    zero = torch.randn(4, generator=rng, dtype=torch.float64) * units
    one, other = _both(student.standardise(train, test), train, test)
    close(one.square().sum(), 40.0, **FLOAT32, because="the sum of squares of train")
    scaled = train * units + zero, test * units + zero
    same, also = _both(student.standardise(*scaled), *scaled)
    close(same, one, atol=1e-3, rtol=1e-3, because="train in other units")
    close(also, other, atol=1e-3, rtol=1e-3, because="test in other units")

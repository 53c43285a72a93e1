"""Hidden checks for layer_sweep: planted layers and columns, and a probe that is ours."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged

# Shares of at most some dozen rows: float32 is exact enough.
EXACT = {"atol": 1e-4, "rtol": 0.0}


class Fit:
    """A least-squares probe that remembers the rows and labels it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple[Tensor, Tensor]] = []

    def __call__(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        right = isinstance(X, Tensor) and isinstance(y, Tensor)
        right = right and X.dim() == 2 and tuple(y.shape) == tuple(X.shape[:1])
        holds(right, "`fit` takes rows [n, d] and their labels [n].")
        self.calls.append((X.detach().clone(), y.detach().clone()))
        ones = torch.ones(len(X), 1, dtype=torch.float64)
        A = torch.cat([X.detach().double(), ones], dim=1)
        penalty = 1e-3 * len(X) * torch.eye(A.shape[1], dtype=torch.float64)
        theta = torch.linalg.solve(A.T @ A + penalty, A.T @ (2 * y.double() - 1))
        return theta[:-1].to(X.dtype), theta[-1].to(X.dtype)


def _draw(rng: torch.Generator) -> tuple[Tensor, ...]:
    """Draw noisy layers, of which each holds the labels to another degree; columns; the sides.

    One column has no test rows, and a fifth of the examples is on neither side.
    """
    n_layers, n, d, n_columns = 3, 130, 4, 5
    labels = torch.rand(n, generator=rng) < 0.4
    direction = torch.randn(n_layers, 1, d, generator=rng)
    strength = torch.tensor([0.2, 0.6, 1.0])[torch.randperm(3, generator=rng)][:, None, None]
    signal = (2.0 * labels[None, :, None] - 1) * direction * strength
    acts = signal + torch.randn(n_layers, n, d, generator=rng) + 0.8
    columns = torch.randint(n_columns, (n,), generator=rng)
    columns[:n_columns] = torch.arange(n_columns)
    place = torch.randperm(n, generator=rng)
    train, test = place < n // 2, place >= n - 2 * n // 5 + 8
    test &= columns != int(torch.randint(n_columns - 1, (), generator=rng))
    return acts, labels, columns, train, test


def _truth(acts, labels, columns, train, test) -> Tensor:
    grid = torch.full((len(acts), int(columns.max()) + 1), torch.nan, dtype=torch.float64)
    for layer, rows in enumerate(acts):
        w, b = Fit()(rows[train], labels[train])
        right = ((rows @ w + b > 0) == labels).double()
        for c in range(grid.shape[1]):
            here = test & (columns == c)
            if here.any():
                grid[layer, c] = right[here].mean()
    return grid


def _grid(actual: object, truth: Tensor) -> Tensor:
    """The student's map: its shape, its empty columns, and then what was measured."""
    right = isinstance(actual, Tensor) and tuple(actual.shape) == tuple(truth.shape)
    holds(right, "The map does not have one row for each layer and one column for each column.")
    values = actual.detach().double()
    empty = truth.isnan()
    holds(torch.equal(values.isnan(), empty), "It is not nan exactly where no test row is.")
    return values[~empty]


def test_accuracy_by_layer_and_column(student, rng):
    """Each entry is the share of the column's test examples on which the layer's probe is right;
    a column without test examples is nan, be it the last one, in which there are validation
    examples alone; what was given is left as it was."""
    for sides_without_the_last in (0, 1, 2):  # none; test; test and train
        given = _draw(rng)
        columns, train, test = given[2:]
        for side in (test, train)[:sides_without_the_last]:
            side &= columns != columns.max()
        truth = _truth(*given)
        result, after = student.after("layer_sweep", Fit(), *given)
        close(_grid(result, truth), truth[~truth.isnan()], **EXACT, because="the accuracies")
        unchanged(after[1:], given)


def test_one_probe_a_layer_on_training_rows(student, rng):
    """`fit` is called once for each layer, with that layer's training rows of all columns
    together and their labels; it never sees another row."""
    acts, labels, _, train, _ = given = _draw(rng)
    fit = Fit()
    result = student.layer_sweep(fit, *given)
    _grid(result, _truth(*given))
    holds(len(fit.calls) == len(acts), "`fit` is not called once for each layer.")
    for layer, (rows, wanted) in enumerate(fit.calls):
        close(rows, acts[layer, train], 1e-6, 0, because="the rows that a probe is fitted on")
        close(wanted.long(), labels[train].long(), 0, 0, because="the labels of these rows")


def test_a_planted_layer_and_column(student, rng):
    """A feature that only one layer holds is read there in every column and nowhere else; where a
    column holds it upside down, the probe is wrong there."""
    n_layers, n, d, n_columns = 4, 160, 3, 4
    labels = torch.arange(n) % 2 == 0
    columns = torch.randint(n_columns, (n,), generator=rng)
    acts = 0.3 * torch.randn(n_layers, n, d, generator=rng)
    train, test = torch.arange(n) < 96, torch.arange(n) >= 110
    columns[96 - n_columns : 96] = columns[-n_columns:] = torch.arange(n_columns)
    layer, upside_down = (int(torch.randint(k, (), generator=rng)) for k in (n_layers, n_columns))
    acts[layer, :, 1] += torch.where(labels, 4.0, -4.0)
    # Only the test rows of one column: the probe was fitted where all was well.
    acts[layer, test & (columns == upside_down)] *= -1
    truth = _truth(acts, labels, columns, train, test)
    grid = _grid(student.layer_sweep(Fit(), acts, labels, columns, train, test), truth)
    grid = grid.view(n_layers, n_columns)
    expected = torch.ones(n_columns, dtype=torch.float64)
    expected[upside_down] = 0
    close(grid[layer], expected, **EXACT, because="the planted layer")
    close(grid, truth, **EXACT, because="all layers")


def test_one_column_for_all(student, rng):
    """With all examples in column 0 the map has one column: each layer's accuracy on the test
    rows. Examples on neither side change nothing."""
    acts, labels, columns, train, test = _draw(rng)
    zero = torch.zeros_like(columns)
    truth = _truth(acts, labels, zero, train, test)
    first = _grid(student.layer_sweep(Fit(), acts, labels, zero, train, test), truth)
    close(first, truth[:, 0], **EXACT, because="the accuracies")
    neither = ~(train | test)
    other, turned = acts.clone(), labels.clone()
    other[:, neither] = 30 * torch.randn(other[:, neither].shape, generator=rng)
    turned[neither] = ~labels[neither]
    same = _grid(student.layer_sweep(Fit(), other, turned, zero, train, test), truth)
    close(same, first, **EXACT, because="the accuracies with other examples left out")

"""Hidden checks for selectivity: the fits are ours, and see what they are given."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged

# Shares of some dozen rows: float32 is exact enough.
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


def _sides(rng: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
    """Draw masks for train and test; a fifth of the examples is on neither side."""
    place = torch.randperm(n, generator=rng)
    return place < n // 2, place >= n - 3 * n // 10


def _draw(rng: torch.Generator) -> tuple[Tensor, ...]:
    """Draw noisy features, two sets of labels that they tell something about, and the sides."""
    n, d = 110, 5
    X = torch.randn(n, d, generator=rng) + 0.7
    tasks = []
    for strength in (1.2, 0.7):
        direction = torch.randn(d, generator=rng)
        noise = torch.randn(n, generator=rng)
        # A threshold off the middle: a probe without its bias shows.
        tasks.append((X - 0.7) @ direction * strength + noise > 0.6)
    return (X, *tasks, *_sides(rng, n))


def _accuracy(X: Tensor, labels: Tensor, train: Tensor, side: Tensor) -> float:
    w, b = Fit()(X[train], labels[train])
    return float(((X[side] @ w + b > 0) == labels[side]).double().mean())


def test_task_minus_control(student, rng):
    """The result is the test accuracy of a probe fitted to the task, minus that of another one
    fitted to the control task; what was given is left as it was."""
    for _ in range(4):
        X, task, control, train, test = _draw(rng)
        fit = Fit()
        result, after = student.after("selectivity", fit, X, task, control, train, test)
        truth = _accuracy(X, task, train, test) - _accuracy(X, control, train, test)
        close(number(result, "the selectivity"), truth, **EXACT, because="the selectivity")
        unchanged(after[1:], (X, task, control, train, test))


def test_fitted_on_training_rows_alone(student, rng):
    """`fit` is called twice, once with the training rows and their task labels, once with the
    same rows and their control labels; no other row is ever shown to it."""
    X, task, control, train, test = _draw(rng)
    fit = Fit()
    number(student.selectivity(fit, X, task, control, train, test), "the selectivity")
    holds(len(fit.calls) == 2, "`fit` is not called exactly twice.")
    for rows, _ in fit.calls:
        close(rows, X[train], 1e-6, 0, because="the rows that a probe is fitted on")
    given = [y.long() for _, y in fit.calls]
    wanted = [task[train].long(), control[train].long()]
    one = all(torch.equal(a, b) for a, b in zip(given, wanted, strict=True))
    other = all(torch.equal(a, b) for a, b in zip(given, wanted[::-1], strict=True))
    holds(one or other, "The labels that the probes are fitted on are not those of the two tasks.")


def test_a_lookup_table_has_none(student, rng):
    """Where the activations say which token it is and nothing else, and the task is a matter of
    the token too, both probes are perfect and the selectivity is 0; where the task's labels come
    from the context, which the activations do not hold, it is below 0."""
    types = torch.arange(8).repeat(16)
    types = types[torch.randperm(128, generator=rng)]
    table = torch.eye(8)[types] * 3
    coins = torch.rand(2, 8, generator=rng) < 0.5
    coins[:, 0], coins[:, 1] = True, False
    train, test = _sides(rng, 128)
    result = student.selectivity(Fit(), table, coins[0][types], coins[1][types], train, test)
    close(number(result, "the selectivity"), 0.0, **EXACT, because="a lookup table's selectivity")
    context = torch.rand(128, generator=rng) < 0.5
    truth = _accuracy(table, context, train, test) - 1
    result = student.selectivity(Fit(), table, context, coins[1][types], train, test)
    close(number(result, "the selectivity"), truth, **EXACT, because="the selectivity on context")


def test_only_train_and_test_matter(student, rng):
    """Examples on neither side change nothing, whatever they hold; the two tasks exchanged give
    the opposite number."""
    X, task, control, train, test = _draw(rng)
    fit = Fit()
    first = number(student.selectivity(fit, X, task, control, train, test), "the selectivity")
    truth = _accuracy(X, task, train, test) - _accuracy(X, control, train, test)
    close(first, truth, **EXACT, because="the selectivity")
    neither = ~(train | test)
    X2, task2, control2 = X.clone(), task.clone(), control.clone()
    X2[neither] = 50 * torch.randn(int(neither.sum()), X.shape[1], generator=rng)
    task2[neither], control2[neither] = ~task[neither], ~control[neither]
    same = student.selectivity(Fit(), X2, task2, control2, train, test)
    close(number(same), first, **EXACT, because="the selectivity with other examples left out")
    turned = student.selectivity(Fit(), X, control, task, train, test)
    close(number(turned), -truth, **EXACT, because="the selectivity with the tasks exchanged")

"""Hidden checks for mass_mean: covariances that were chosen, discriminant analysis, no origin."""

import torch
from torch import Tensor

from grader.assertions import close, items, number, tensor, unchanged

# A linear system whose condition is some hundred at most, perhaps in float32.
FLOAT32 = {"atol": 3e-3, "rtol": 5e-3}


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Draw two stretched clouds of unequal size, far from the origin, and a shrinkage."""
    d = int(torch.randint(3, 7, (), generator=rng))
    n_true, n_false = (int(torch.randint(*e, (), generator=rng)) for e in ((9, 14), (22, 31)))
    if torch.rand((), generator=rng) < 0.5:
        n_true, n_false = n_false, n_true
    turn, _ = torch.linalg.qr(torch.randn(d, d, generator=rng, dtype=torch.float64))
    stretch = torch.linspace(0.5, 2.5, d, dtype=torch.float64) * turn
    noise = torch.randn(n_true + n_false, d, generator=rng, dtype=torch.float64) @ stretch
    y = torch.arange(n_true + n_false) < n_true
    means = 1.5 * torch.randn(2, d, generator=rng, dtype=torch.float64) + 2.0
    # The False cloud is wider: the two classes do not have the same covariance.
    X = torch.where(y[:, None], noise + means[1], 1.7 * noise + means[0])
    order = torch.randperm(len(y), generator=rng)
    return X[order], y[order], float(0.1 + 0.5 * torch.rand((), generator=rng))


def _fit(result: object, d: int) -> tuple[Tensor, float]:
    w, b = items(result, 2, "the result")
    return tensor(w, (d,), "the weights"), number(b, "the bias")


def _within(X: Tensor, y: Tensor) -> Tensor:
    """The covariance within the classes, each class by its share."""
    parts = [torch.cov(X[side].T, correction=0) * side.double().mean() for side in (y, ~y)]
    return parts[0] + parts[1]


def test_the_equations_hold(student, rng):
    """The mixed covariance within the classes, times the weights, is the difference of the class
    means; and the score is 0 halfway between them."""
    X, y, shrink = _draw(rng)
    d = X.shape[1]
    delta, middle = X[y].mean(0) - X[~y].mean(0), (X[y].mean(0) + X[~y].mean(0)) / 2
    within = _within(X, y)
    eye = torch.eye(d, dtype=torch.float64)
    for s in (shrink, 0.0, 1.0):
        result, after = student.after("mass_mean", X, y, s)
        w, b = _fit(result, d)
        mixed = (1 - s) * within + s * within.trace() / d * eye
        close(mixed @ w, delta, **FLOAT32, because="the mixed covariance times the weights")
        close(middle @ w + b, 0.0, 1e-2, 0, because="the score halfway between the means")
        unchanged(after, (X, y, s))


def test_discriminant_analysis_agrees(student, rng):
    """The weights are those of scikit-learn's linear discriminant analysis with the same
    shrinkage; so are its decisions, when both classes count equally."""
    from sklearn.covariance import shrunk_covariance
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    X, y, shrink = _draw(rng)
    X = X / _within(X, y).diagonal().sqrt()  # scikit-learn shrinks after scaling: alike then
    w, b = _fit(student.mass_mean(X, y, 0.0), X.shape[1])
    oracle = LinearDiscriminantAnalysis(solver="lsqr").fit(X.numpy(), y.numpy())
    close(w, torch.from_numpy(oracle.coef_[0]), **FLOAT32, because="the weights")
    share = y.double().mean()
    bias = float(oracle.intercept_[0]) - float((share / (1 - share)).log())
    close(b, bias, 2e-2, 1e-2, because="the bias")
    w, _ = _fit(student.mass_mean(X, y, shrink), X.shape[1])
    shrunk = torch.from_numpy(shrunk_covariance(_within(X, y).numpy(), shrink))
    delta = X[y].mean(0) - X[~y].mean(0)
    close(w, torch.linalg.solve(shrunk, delta), **FLOAT32, because="the weights, with shrinkage")


def test_a_planted_direction(student, rng):
    """On two clouds of a known covariance the weights come near its inverse times the known
    difference, where the plain difference points elsewhere."""
    d, n = 3, 4000
    turn, _ = torch.linalg.qr(torch.randn(d, d, generator=rng, dtype=torch.float64))
    sizes = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)
    covariance = turn @ torch.diag(sizes**2) @ turn.T
    delta = turn @ torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)
    noise = torch.randn(n, d, generator=rng, dtype=torch.float64) @ (turn * sizes).T
    y = torch.rand(n, generator=rng) < 0.3
    X = noise + torch.where(y[:, None], delta, torch.zeros_like(delta)) + 1.0
    truth = torch.linalg.solve(covariance, delta)
    w, _ = _fit(student.mass_mean(X.float(), y, 0.0), d)
    # 1200 and 2800 examples: an error of about .1 along the narrow direction.
    close(w, truth, 0.5, 0, because="the weights")


def test_what_must_not_matter(student, rng):
    """Moving the origin changes the bias alone; every example twice changes nothing; exchanging
    the labels changes the sign; features a times as large give weights an a-th as large."""
    X, y, shrink = _draw(rng)
    d = X.shape[1]
    w, b = _fit(student.mass_mean(X, y, shrink), d)
    delta = X[y].mean(0) - X[~y].mean(0)
    close((X[y].mean(0) @ w + b) * 2, delta @ w, 1e-2, 1e-2, because="the True mean's score, twice")
    move = torch.randn(d, generator=rng, dtype=torch.float64)
    moved_w, moved_b = _fit(student.mass_mean(X + move, y, shrink), d)
    close(moved_w, w, **FLOAT32, because="the weights after moving the origin")
    close(moved_b, b - move @ w, 2e-2, 5e-3, because="the bias after moving the origin")
    twice, _ = _fit(student.mass_mean(X.repeat(2, 1), y.repeat(2), shrink), d)
    close(twice, w, **FLOAT32, because="the weights with every example twice")
    turned, turned_b = _fit(student.mass_mean(X, ~y, shrink), d)
    close(turned, -w, **FLOAT32, because="the weights with the labels exchanged")
    close(turned_b, -b, 1e-2, 5e-3, because="the bias with the labels exchanged")
    large, _ = _fit(student.mass_mean(3 * X, y, shrink), d)
    close(3 * large, w, **FLOAT32, because="three times the weights of 3 X")

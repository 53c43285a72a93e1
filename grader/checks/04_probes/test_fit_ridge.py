"""Hidden checks for fit_ridge: the normal equations, scikit-learn's Ridge, what must not matter."""

import torch
from torch import Tensor

from grader.assertions import close, items, number, tensor, unchanged

# One linear system of a few unknowns, perhaps in float32, on data away from the origin.
FLOAT32 = {"atol": 2e-3, "rtol": 2e-3}


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Draw features off centre and of different sizes, unbalanced labels, and a penalty."""
    n, d = (int(torch.randint(*ends, (), generator=rng)) for ends in ((20, 34), (4, 8)))
    size = 0.5 + 1.5 * torch.rand(d, generator=rng, dtype=torch.float64)
    X = 1.2 + size * torch.randn(n, d, generator=rng, dtype=torch.float64)
    noise = torch.randn(n, generator=rng, dtype=torch.float64)
    y = (X - 1.2) @ torch.randn(d, generator=rng, dtype=torch.float64) + noise > 0.8
    if not 3 < int(y.sum()) < n // 2 - 1:
        return _draw(rng)
    return X, y, float(0.05 + torch.rand((), generator=rng, dtype=torch.float64))


def _fit(result: object, d: int) -> tuple[Tensor, float]:
    w, b = items(result, 2, "the result")
    return tensor(w, (d,), "the weights"), number(b, "the bias")


def test_the_gradient_is_zero(student, rng):
    """With targets +1 and -1 the mean error is zero, and each feature's mean product with the
    error is balanced by the penalty."""
    X, y, l2 = _draw(rng)
    result, after = student.after("fit_ridge", X, y, l2)
    w, b = _fit(result, X.shape[1])
    error = X @ w + b - (2 * y.double() - 1)
    close(error.mean(), 0.0, 2e-3, 0, because="the mean error")
    close(X.T @ error / len(X) + l2 * w, torch.zeros_like(w), 3e-3, 0, because="the slope in w")
    unchanged(after, (X, y, l2))


def test_scikit_learn_agrees(student, rng):
    """Weights and bias are those of scikit-learn's Ridge, whose alpha is the penalty times the
    number of examples."""
    from sklearn.linear_model import Ridge

    X, y, l2 = _draw(rng)
    oracle = Ridge(alpha=l2 * len(X)).fit(X.numpy(), 2 * y.double().numpy() - 1)
    w, b = _fit(student.fit_ridge(X, y, l2), X.shape[1])
    close(w, torch.from_numpy(oracle.coef_), **FLOAT32, because="the weights")
    close(b, float(oracle.intercept_), **FLOAT32, because="the bias")


def test_what_must_not_matter(student, rng):
    """Moving the origin changes the bias alone; every example three times changes nothing;
    exchanging the labels changes the sign of everything; the mean score is the mean target."""
    X, y, l2 = _draw(rng)
    d = X.shape[1]
    w, b = _fit(student.fit_ridge(X, y, l2), d)
    mean = 2 * y.double().mean() - 1
    close((X @ w + b).mean(), mean, **FLOAT32, because="the mean score")
    move = torch.randn(d, generator=rng, dtype=torch.float64)
    moved_w, moved_b = _fit(student.fit_ridge(X + move, y, l2), d)
    close(moved_w, w, **FLOAT32, because="the weights after moving the origin")
    close(moved_b, b - move @ w, 5e-3, 5e-3, because="the bias after moving the origin")
    often_w, often_b = _fit(student.fit_ridge(X.repeat(3, 1), y.repeat(3), l2), d)
    close(often_w, w, **FLOAT32, because="the weights with every example three times")
    close(often_b, b, **FLOAT32, because="the bias with every example three times")
    turned_w, turned_b = _fit(student.fit_ridge(X, ~y, l2), d)
    close(turned_w, -w, **FLOAT32, because="the weights with the labels exchanged")
    close(turned_b, -b, **FLOAT32, because="the bias with the labels exchanged")


def test_more_dimensions_than_examples(student, rng):
    """With more dimensions than examples the penalty still makes the answer unique: the weights
    lie in the span of the centred examples, where the equations for as many unknowns as examples
    give them."""
    X, y, l2 = _draw(rng)
    X, y = X[:9].repeat(1, 4), y[:9].clone()
    X = X + torch.randn(X.shape, generator=rng, dtype=torch.float64)
    y[0], y[1] = True, False
    centred, t = X - X.mean(dim=0), 2 * y.double() - 1
    eye = 9 * l2 * torch.eye(9, dtype=torch.float64)
    dual = torch.linalg.solve(centred @ centred.T + eye, t - t.mean())
    w, b = _fit(student.fit_ridge(X, y, l2), X.shape[1])
    close(w, centred.T @ dual, **FLOAT32, because="the weights")
    close(b, t.mean() - X.mean(dim=0) @ centred.T @ dual, 5e-3, 5e-3, because="the bias")

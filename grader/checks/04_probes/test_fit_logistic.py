"""Hidden checks for fit_logistic: a gradient of zero, scikit-learn, what must not matter."""

import torch
from torch import Tensor

from grader.assertions import close, items, number, tensor, unchanged

# The gradient has to be below 1e-4. With a penalty of at least 0.02 that moves the weights by less
# than 1e-4 / 0.02, along directions in which the data say nothing.
WEIGHTS = {"atol": 1e-2, "rtol": 1e-2}


def _draw(rng: torch.Generator, n: int = 90) -> tuple[Tensor, Tensor, float]:
    """Draw features that are off centre, labels that follow a planted probe, and a penalty."""
    d = int(torch.randint(3, 6, (), generator=rng))
    centre = torch.randn(d, generator=rng, dtype=torch.float64)
    X = centre + torch.randn(n, d, generator=rng, dtype=torch.float64)
    w = torch.randn(d, generator=rng, dtype=torch.float64)
    w = 2.5 * w / w.norm()
    # The planted bias makes True the rarer label: a probe without a bias of its own shows.
    scores = (X - centre) @ w - 0.8
    y = torch.rand(n, generator=rng, dtype=torch.float64) < torch.sigmoid(scores)
    if not 9 < int(y.sum()) < n - 9:
        return _draw(rng, n)
    return X, y, float(0.02 + 0.08 * torch.rand((), generator=rng, dtype=torch.float64))


def _fit(result: object, d: int) -> tuple[Tensor, float]:
    w, b = items(result, 2, "the result")
    return tensor(w, (d,), "the weights"), number(b, "the bias")


def test_the_gradient_is_zero(student, rng):
    """At the returned weights and bias the gradient of the loss is zero: in the weights with the
    penalty, in the bias without it."""
    X, y, l2 = _draw(rng)
    result, after = student.after("fit_logistic", X, y, l2)
    w, b = _fit(result, X.shape[1])
    gap = torch.sigmoid(X @ w + b) - y.double()
    # 1e-4 asked for; float32 inside adds its own.
    close(X.T @ gap / len(X) + l2 * w, torch.zeros_like(w), 3e-4, 0, because="the slope in w")
    close(gap.mean(), 0.0, 3e-4, 0, because="the slope in b")
    unchanged(after, (X, y, l2))


def test_scikit_learn_agrees(student, rng):
    """Weights and bias are those of scikit-learn's logistic regression, whose C is one over the
    penalty times the number of examples."""
    from sklearn.linear_model import LogisticRegression

    X, y, l2 = _draw(rng)
    oracle = LogisticRegression(C=1 / (len(X) * l2), tol=1e-6, max_iter=500)
    oracle.fit(X.numpy(), y.numpy())
    w, b = _fit(student.fit_logistic(X, y, l2), X.shape[1])
    close(w, torch.from_numpy(oracle.coef_[0]), **WEIGHTS, because="the weights")
    close(b, float(oracle.intercept_[0]), **WEIGHTS, because="the bias")


def test_what_must_not_matter(student, rng):
    """Moving the origin changes the bias alone; every example twice changes nothing; exchanging
    the labels changes the sign of everything."""
    X, y, l2 = _draw(rng)
    w, b = _fit(student.fit_logistic(X, y, l2), X.shape[1])
    close(torch.sigmoid(X @ w + b).mean(), y.double().mean(), 3e-4, 0, because="the mean chance")
    move = torch.randn(X.shape[1], generator=rng, dtype=torch.float64)
    moved_w, moved_b = _fit(student.fit_logistic(X + move, y, l2), X.shape[1])
    close(moved_w, w, **WEIGHTS, because="the weights after moving the origin")
    close(moved_b, b - move @ w, 5e-2, 1e-2, because="the bias after moving the origin")
    twice_w, twice_b = _fit(student.fit_logistic(X.repeat(2, 1), y.repeat(2), l2), X.shape[1])
    close(twice_w, w, **WEIGHTS, because="the weights with every example twice")
    close(twice_b, b, **WEIGHTS, because="the bias with every example twice")
    turned_w, turned_b = _fit(student.fit_logistic(X, ~y, l2), X.shape[1])
    close(turned_w, -w, **WEIGHTS, because="the weights with the labels exchanged")
    close(turned_b, -b, **WEIGHTS, because="the bias with the labels exchanged")


def test_from_no_penalty_to_all_penalty(student, rng):
    """With many examples and a small penalty the planted weights come back; with an enormous one
    the weights vanish and the bias is the log odds of the share of True."""
    X, y, _ = _draw(rng)
    d = X.shape[1]
    truth = torch.randn(d, generator=rng, dtype=torch.float64)
    many = torch.randn(3000, d, generator=rng, dtype=torch.float64) + 1
    chances = torch.sigmoid(many @ truth - truth.sum() + 0.7)
    labels = torch.rand(3000, generator=rng, dtype=torch.float64) < chances
    w, b = _fit(student.fit_logistic(many.float(), labels, 0.001), d)
    # 3000 examples: a standard error of about .06 for each weight; penalty and d add a little.
    close(w, truth, 0.4, 0.1, because="the planted weights")
    close(b, 0.7 - float(truth.sum()), 0.7, 0.1, because="the planted bias")
    w, b = _fit(student.fit_logistic(X, y, 1e4), d)
    share = float(y.double().mean())
    odds = float(torch.tensor(share / (1 - share)).log())
    close(w, torch.zeros(d), 1e-3, 0, because="the weights under an enormous penalty")
    close(b, odds, 2e-2, 0, because="the bias under an enormous penalty")

"""Other right ways to write fit_ridge."""

import torch


def column_of_ones(X, y, l2):
    """A column of ones in front, whose entry on the penalty's diagonal is 0."""
    A = torch.cat([torch.ones_like(X[:, :1]), X], dim=1)
    penalty = torch.full((A.shape[1],), l2 * len(X), dtype=X.dtype)
    penalty[0] = 0
    theta = torch.linalg.inv(A.T @ A + torch.diag(penalty)) @ A.T @ torch.where(y, 1.0, -1.0).to(X)
    return theta[1:], theta[0]


def scikit_learn(X, y, l2):
    """scikit-learn's Ridge in float32; the bias comes back as a number."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=l2 * len(X)).fit(X.float().numpy(), y.float().numpy() * 2 - 1)
    return torch.from_numpy(model.coef_).to(X.dtype), float(model.intercept_)


def extra_rows(X, y, l2):
    """The penalty as further examples: least squares with sqrt(n l2) on a diagonal below."""
    n, d = X.shape
    A = torch.cat([X.double(), torch.ones(n, 1, dtype=torch.float64)], dim=1)
    below = torch.cat([torch.eye(d, dtype=torch.float64) * (n * l2) ** 0.5,
                       torch.zeros(d, 1, dtype=torch.float64)], dim=1)  # fmt: skip
    t = torch.cat([y.double() - (~y).double(), torch.zeros(d, dtype=torch.float64)])
    theta = torch.linalg.lstsq(torch.cat([A, below]), t[:, None]).solution[:, 0]
    return theta[:d].to(X.dtype), theta[d].to(X.dtype)

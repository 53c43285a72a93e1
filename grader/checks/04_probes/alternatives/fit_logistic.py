"""Other right ways to write fit_logistic."""

import torch


def lbfgs(X, y, l2):
    """PyTorch's LBFGS with a line search, the loss as a built-in; weights and bias apart."""
    features, target = X.detach().double(), y.double()
    w = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [w, b], max_iter=300, tolerance_grad=1e-7, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(features @ w + b, target)
        loss = loss + l2 / 2 * w.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach().to(X.dtype), b.detach().to(X.dtype)


def scipy_minimize(X, y, l2):
    """scipy's BFGS with the gradient by hand; the bias comes back as a number."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import expit

    A, t = X.double().numpy(), y.double().numpy()

    def loss(theta):
        s = A @ theta[:-1] + theta[-1]
        gap = (expit(s) - t) / len(A)
        value = np.mean(np.logaddexp(0, s) - t * s) + l2 / 2 * theta[:-1] @ theta[:-1]
        return value, np.append(A.T @ gap + l2 * theta[:-1], gap.sum())

    found = minimize(loss, np.zeros(A.shape[1] + 1), jac=True, method="L-BFGS-B",
                     options={"gtol": 1e-8, "ftol": 1e-15, "maxiter": 1000})  # fmt: skip
    return torch.tensor(found.x[:-1]).to(X.dtype), float(found.x[-1])


def reweighted_least_squares(X, y, l2):
    """Newton's method as weighted least squares in float32, a column of ones in front."""
    A = torch.cat([torch.ones(len(X), 1), X.float()], dim=1)
    ridge = torch.eye(A.shape[1]) * l2 * len(A)
    ridge[0, 0] = 0
    theta = torch.zeros(A.shape[1])
    for _ in range(25):
        s = A @ theta
        p = torch.sigmoid(s)
        weight = (p * (1 - p)).clamp(min=1e-6)
        working = s + (y.float() - p) / weight
        theta = torch.linalg.solve(A.T @ (weight[:, None] * A) + ridge, A.T @ (weight * working))
    return theta[1:], theta[0]

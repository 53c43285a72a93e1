"""Other right ways to write mass_mean."""

import torch


def classes_apart(X, y, shrink):
    """The covariance of each class by `torch.cov`, weighted by its share; the inverse."""
    n, d = X.shape
    means, sigma = [], torch.zeros(d, d, dtype=X.dtype)
    for side in (~y, y):
        rows = X[side]
        means.append(rows.mean(dim=0))
        sigma += torch.cov(rows.T, correction=0) * (len(rows) / n)
    mixed = sigma * (1 - shrink)
    mixed.diagonal().add_(shrink * sigma.trace() / d)
    w = torch.linalg.inv(mixed) @ (means[1] - means[0])
    return w, -0.5 * (w @ means[0] + w @ means[1])


def eigenvectors_in_single_precision(X, y, shrink):
    """float32; the mixture has the covariance's own eigenvectors."""
    X = X.float()
    centre = torch.stack([X[y].mean(0), X[~y].mean(0)])
    own = X - centre[(~y).long()]
    values, vectors = torch.linalg.eigh(torch.einsum("ni,nj->ij", own, own) / len(own))
    values = (1 - shrink) * values + shrink * values.mean()
    w = vectors @ ((vectors.T @ (centre[0] - centre[1])) / values)
    return w, float(-(centre.mean(0) * w).sum())


def scikit_learn(X, y, shrink):
    """scikit-learn's shrunk covariance of what is left when each class's mean is taken out."""
    from sklearn.covariance import shrunk_covariance

    data, labels = X.double().numpy(), y.numpy()
    own = data.copy()
    for side in (True, False):
        own[labels == side] -= data[labels == side].mean(axis=0)
    sigma = torch.from_numpy(shrunk_covariance(own.T @ own / len(own), shrink))
    mu1 = torch.from_numpy(data[labels].mean(axis=0))
    mu0 = torch.from_numpy(data[~labels].mean(axis=0))
    w = torch.cholesky_solve((mu1 - mu0)[:, None], torch.linalg.cholesky(sigma))[:, 0]
    return w.to(X.dtype), (-w.dot(mu1 + mu0) / 2).to(X.dtype)

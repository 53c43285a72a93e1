"""Other right ways to write circularity."""

import math

import numpy as np
import torch


def singular_vectors(points):
    """The left singular vectors are the whitened points, up to one factor, which drops out."""
    centred = points - points.mean(0)
    left, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
    if sizes[1] < 1e-5 * sizes[0]:
        raise ValueError("the points lie on a line")
    radius = left.norm(dim=1)
    variation = radius.std() / radius.mean()  # with n - 1
    return float(1 - variation / math.sqrt(4 / math.pi - 1))


def cholesky_and_numpy(points):
    """numpy: solve with the Cholesky factor of the covariance; a line has determinant 0."""
    values = points.detach().numpy().astype(np.float64)
    centred = values - values.mean(axis=0)
    covariance = np.cov(centred.T)
    if np.linalg.det(covariance) < 1e-9 * np.trace(covariance) ** 2:
        raise ValueError("the points lie on a line")
    white = np.linalg.solve(np.linalg.cholesky(covariance), centred.T)
    radius = np.hypot(*white)
    blob = math.sqrt((4 - math.pi) / 2) / math.sqrt(math.pi / 2)
    return 1 - radius.std() / radius.mean() / blob


def mahalanobis_by_hand(points):
    """The 2 x 2 inverse written out, in loops, and the radius from its quadratic form."""
    n = len(points)
    mx, my = (float(points[:, i].sum()) / n for i in (0, 1))
    pairs = [(float(p[0]) - mx, float(p[1]) - my) for p in points]
    xx = sum(x * x for x, _ in pairs) / n
    yy = sum(y * y for _, y in pairs) / n
    xy = sum(x * y for x, y in pairs) / n
    det = xx * yy - xy * xy
    if det <= 1e-9 * (xx + yy) ** 2:
        raise ValueError("the points lie on a line")
    radii = [math.sqrt((yy * x * x - 2 * xy * x * y + xx * y * y) / det) for x, y in pairs]
    mean = sum(radii) / n
    spread = math.sqrt(sum((r - mean) ** 2 for r in radii) / n)
    return torch.tensor(1 - spread / mean / math.sqrt(4 / math.pi - 1))

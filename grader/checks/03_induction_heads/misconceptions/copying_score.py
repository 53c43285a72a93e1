"""Wrong copying scores that students write."""

import torch


def _eigenvalues(OV):
    return torch.linalg.eigvals(OV)


def absolute_real_parts(OV):
    """You take the absolute values of the real parts: a head that lowers what it sees would score
    like one that copies."""
    values = _eigenvalues(OV)
    return float(values.real.abs().sum() / values.abs().sum())


def size_of_the_sum(OV):
    """You take the absolute value of the whole sum: the sign says whether the head copies or does
    the opposite."""
    values = _eigenvalues(OV)
    return float(values.sum().abs() / values.abs().sum())


def always_one(OV):
    """You sum absolute values above the line as well: that is always 1. Above stand the real
    parts."""
    values = _eigenvalues(OV)
    return float(values.abs().sum() / values.abs().sum())


def real_parts_below_too(OV):
    """You divide by the sum of the real parts' absolute values: below stands the modulus, which
    counts the imaginary part too."""
    values = _eigenvalues(OV).real
    return float(values.sum() / values.abs().sum())


def not_normalised(OV):
    """You return the plain sum of the eigenvalues: divide by the sum of their absolute values."""
    return float(_eigenvalues(OV).real.sum())


def mean_eigenvalue(OV):
    """You return the mean eigenvalue: divide by the sum of the absolute values, not by their
    number."""
    return float(_eigenvalues(OV).real.mean())


def trace_over_the_norm(OV):
    """You divide the trace by the Frobenius norm: below stands the sum of the eigenvalues'
    absolute values."""
    return float(OV.trace() / OV.norm())


def singular_values_below(OV):
    """You divide by the sum of the singular values: those are not the absolute eigenvalues, unless
    the matrix is normal."""
    return float(OV.trace() / torch.linalg.svdvals(OV).sum())


def diagonal_only(OV):
    """You look at the diagonal alone, its sum over its absolute values: the score is made of
    eigenvalues."""
    return float(OV.diagonal().sum() / OV.diagonal().abs().sum())


def share_of_positive_diagonal_entries(OV):
    """You count positive entries of the diagonal: the score is made of eigenvalues and their
    sizes."""
    return float((OV.diagonal() > 0).double().mean())


def symmetric_routine(OV):
    """You use a routine for symmetric matrices, which looks at one triangle only: OV is not
    symmetric, use `eigvals`."""
    values = torch.linalg.eigvalsh(OV)
    return float(values.sum() / values.abs().sum())


def symmetric_part(OV):
    """You take the eigenvalues of the symmetric part: those are other numbers."""
    values = torch.linalg.eigvalsh((OV + OV.mT) / 2)
    return float(values.sum() / values.abs().sum())


def signs_counted(OV):
    """You count the signs of the eigenvalues: each counts by its size."""
    return float(_eigenvalues(OV).real.sign().mean())


def share_of_positive_eigenvalues(OV):
    """You return the share of positive eigenvalues: the score is a ratio of sums, from -1 to 1."""
    return float((_eigenvalues(OV).real > 0).double().mean())


def largest_eigenvalue_only(OV):
    """You look at the largest eigenvalue alone: sum over all of them."""
    values = _eigenvalues(OV)
    top = values[values.abs().argmax()]
    return float(top.real / top.abs())


def real_eigenvalues_only(OV):
    """You leave out the complex eigenvalues: their real parts and absolute values count too."""
    values = _eigenvalues(OV)
    real = values.real[values.imag.abs() < 1e-6 * values.abs().max()]
    return float(real.sum() / real.abs().sum()) if len(real) else 0.0


def squares(OV):
    """You sum squares of the eigenvalues: the sums are of the values themselves."""
    values = _eigenvalues(OV)
    return float((values**2).real.sum() / values.abs().square().sum())

"""Other right ways to write copying_score."""

import numpy as np
import torch


def trace_above_the_line(OV):
    """The eigenvalues add up to the trace; a tensor of one number comes back."""
    return OV.trace() / torch.linalg.eigvals(OV).abs().sum()


def numpy_and_a_loop(OV):
    """numpy's eigenvalues, added one by one."""
    above, below = 0.0, 0.0
    for value in np.linalg.eigvals(OV.detach().numpy()):
        above += value.real
        below += abs(value)
    return above / below


def eig_in_single_precision(OV):
    """The full eigendecomposition in float32; the modulus by hand."""
    values, _ = torch.linalg.eig(OV.float())
    modulus = torch.sqrt(values.real**2 + values.imag**2)
    return (torch.real(values).sum() / modulus.sum()).item()

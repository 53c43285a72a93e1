"""Other right ways to write project_grad."""

import torch
from torch.nn import functional


def with_unit_rows(W_dec, grad):
    """Unit rows first, then einsum."""
    unit = functional.normalize(W_dec, dim=-1)
    return grad - torch.einsum("nd,nd,ne->ne", grad, unit, unit)


def row_by_row(W_dec, grad):
    """A loop with a projection matrix for each row, in float32."""
    rows = []
    for w, g in zip(W_dec.float(), grad.float(), strict=True):
        keep = torch.eye(len(w)) - torch.outer(w, w) / torch.dot(w, w)
        rows.append(keep @ g)
    return torch.stack(rows)


def least_squares(W_dec, grad):
    """The residual of fitting each gradient with its row."""
    columns, targets = W_dec.unsqueeze(-1), grad.unsqueeze(-1)
    fit = torch.linalg.lstsq(columns, targets).solution
    return (targets - columns @ fit).squeeze(-1)

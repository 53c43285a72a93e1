"""Other right ways to write composition_score."""

import torch


def singular_values(A, B):
    """The Frobenius norm as the length of the vector of singular values; a tensor comes back."""
    lengths = [torch.linalg.vector_norm(torch.linalg.svdvals(M)) for M in (A @ B, A, B)]
    return lengths[0] / lengths[1] / lengths[2]


def traces_in_single_precision(A, B):
    """Squared norms as traces of M M^T, float32."""
    A, B = A.float(), B.float()
    square = torch.trace(A @ B @ B.T @ A.T) / (torch.trace(A @ A.T) * torch.trace(B @ B.T))
    return max(square.item(), 0.0) ** 0.5


def normalised_first(A, B):
    """Both heads are scaled to length 1 before they are multiplied."""
    unit = torch.nn.functional.normalize
    first, then = (unit(M.flatten(), dim=0).view_as(M) for M in (A, B))
    return torch.linalg.matrix_norm(torch.einsum("ij,jk->ik", first, then), ord="fro").item()

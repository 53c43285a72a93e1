"""Wrong mean max cosine similarities that students write."""

import torch
from torch.nn import functional


def _made(U, V):
    return torch.einsum("oc,ci->coi", U, V)


def _cosines(W, U, V):
    return functional.cosine_similarity(_made(U, V), W[None], dim=1)


def sign_ignored(W, U, V):
    """You take the cosine without its sign: a component that writes against a column is no match
    for it."""
    return _cosines(W, U, V).abs().amax(0).mean().item()


def sign_of_v_ignored(W, U, V):
    """You ask only whether V is 0, not for its sign: where V[c, j] is negative, the component's
    column points against U[:, c]."""
    return _cosines(W, U, V.abs()).amax(0).mean().item()


def directions_of_u(W, U, V):
    """You compare the columns of W with the columns of U alone: a component's column is
    U[:, c] * V[c, j], and where V[c, j] is 0 or negative that is another matter."""
    cosines = functional.normalize(U, dim=0).mT @ functional.normalize(W, dim=0)
    return cosines.amax(0).mean().item()


def directions_of_u_without_sign(W, U, V):
    """You compare columns of U with columns of W and ignore signs: V decides in which columns a
    component writes at all, and with which sign."""
    cosines = functional.normalize(U, dim=0).mT @ functional.normalize(W, dim=0)
    return cosines.abs().amax(0).mean().item()


def best_column_of_each_component(W, U, V):
    """You take the best column for each component, and the mean over components: it goes the
    other way round, the best component for each column."""
    return _cosines(W, U, V).amax(1).mean().item()


def mean_over_components(W, U, V):
    """You average over components: only the best one of each column counts."""
    return _cosines(W, U, V).mean().item()


def best_of_all(W, U, V):
    """You return the one best cosine of all: each column has a best of its own, and the mean of
    these is asked for."""
    return _cosines(W, U, V).max().item()


def not_normalised(W, U, V):
    """You take the plain dot product: a cosine is divided by both lengths."""
    return torch.einsum("coi,oi->ci", _made(U, V), W).amax(0).mean().item()


def half_normalised(W, U, V):
    """You divide by the length of W's column, but not by that of the component's: size then
    counts, and a cosine knows directions only."""
    dots = torch.einsum("coi,oi->ci", _made(U, V), W)
    return (dots / W.square().sum(0)).amax(0).mean().item()


def zero_by_zero(W, U, V):
    """You divide by a length of 0 where a component does not read an input: its cosine there
    counts as 0."""
    made = _made(U, V)
    dots = torch.einsum("coi,oi->ci", made, W)
    return (dots / (made.norm(dim=1) * W.norm(dim=0))).amax(0).mean().item()


def rows(W, U, V):
    """You compare rows: a feature of this layer is a column, what its input writes."""
    return functional.cosine_similarity(_made(U, V), W[None], dim=2).amax(0).mean().item()


def whole_matrices(W, U, V):
    """You compare each component as a whole with all of W: the comparison is column by column."""
    made = _made(U, V).flatten(1)
    return functional.cosine_similarity(made, W.flatten()[None], dim=1).max().item()


def own_number_only(W, U, V):
    """You compare component j with column j alone: any component may be the one that fits."""
    made = _made(U, V)
    n = min(len(made), W.shape[1])
    cosines = functional.cosine_similarity(made, W[None], dim=1)
    return cosines[range(n), range(n)].mean().item()


def the_sum(W, U, V):
    """You compare the columns of UV, the sum of all components, with those of W: that asks whether
    they are faithful. The components are compared one by one."""
    return functional.cosine_similarity(U @ V, W, dim=0).mean().item()


def longest_component(W, U, V):
    """You let the longest column win: the best cosine wins, whatever its length."""
    winner = _made(U, V).norm(dim=1).argmax(0)
    return _cosines(W, U, V)[winner, torch.arange(W.shape[1])].mean().item()


def each_component_once(W, U, V):
    """You let each component win one column only: here the same one may be the best for several."""
    cosines, total = _cosines(W, U, V), 0.0
    for _ in range(min(cosines.shape)):
        best = int(cosines.argmax())
        c, j = divmod(best, cosines.shape[1])
        total += cosines[c, j].item()
        cosines[c], cosines[:, j] = -2, -2
    return total / W.shape[1]


def weighted_by_length(W, U, V):
    """You weigh the columns with their lengths: every column of W counts the same."""
    weights = W.norm(dim=0) / W.norm(dim=0).sum()
    return (_cosines(W, U, V).amax(0) * weights).sum().item()

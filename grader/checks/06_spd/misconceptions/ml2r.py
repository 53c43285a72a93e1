"""Wrong mean L2 ratios that students write."""

import torch
from torch.nn import functional


def _made(U, V):
    return torch.einsum("oc,ci->coi", U, V)


def _winner(W, U, V):
    return functional.cosine_similarity(_made(U, V), W[None], dim=1).argmax(0)


def _picked(values, winner):
    return values[winner, torch.arange(len(winner))]


def upside_down(W, U, V):
    """You divide the length of W's column by the component's: the ratio is the other way up."""
    lengths = _picked(_made(U, V).norm(dim=1), _winner(W, U, V))
    return (W.norm(dim=0) / lengths).mean().item()


def longest_wins(W, U, V):
    """You let the longest column win: the winner is the one with the best cosine."""
    return (_made(U, V).norm(dim=1).amax(0) / W.norm(dim=0)).mean().item()


def largest_dot_product_wins(W, U, V):
    """You let the largest dot product win, and that favours long columns: the best cosine wins."""
    made = _made(U, V)
    winner = torch.einsum("coi,oi->ci", made, W).argmax(0)
    return (_picked(made.norm(dim=1), winner) / W.norm(dim=0)).mean().item()


def sign_ignored(W, U, V):
    """You let a component win that writes against the column: the cosine has a sign."""
    made = _made(U, V)
    winner = functional.cosine_similarity(made, W[None], dim=1).abs().argmax(0)
    return (_picked(made.norm(dim=1), winner) / W.norm(dim=0)).mean().item()


def length_of_u(W, U, V):
    """You measure U's column alone: how long a component's column is depends on V, too."""
    return (U.norm(dim=0)[_winner(W, U, V)] / W.norm(dim=0)).mean().item()


def whole_component(W, U, V):
    """You measure the component's whole matrix: only its column j is compared with column j."""
    lengths = _made(U, V).flatten(1).norm(dim=1)[_winner(W, U, V)]
    return (lengths / W.norm(dim=0)).mean().item()


def the_sum(W, U, V):
    """You measure the columns of UV, the sum of all components: that is 1 for every faithful
    decomposition. Only the winner's own column counts."""
    return ((U @ V).norm(dim=0) / W.norm(dim=0)).mean().item()


def squared(W, U, V):
    """You compare squared lengths: a component of half the size then scores a quarter."""
    lengths = _picked(_made(U, V).square().sum(1), _winner(W, U, V))
    return (lengths / W.square().sum(0)).mean().item()


def all_lengths_together(W, U, V):
    """You add up all lengths before you divide: then long columns count for more. Take the ratio
    column by column."""
    lengths = _picked(_made(U, V).norm(dim=1), _winner(W, U, V))
    return (lengths.sum() / W.norm(dim=0).sum()).item()


def summed(W, U, V):
    """You add the ratios up: their mean is asked for."""
    lengths = _picked(_made(U, V).norm(dim=1), _winner(W, U, V))
    return (lengths / W.norm(dim=0)).sum().item()


def mean_over_components(W, U, V):
    """You average over all components: only the winner of each column counts."""
    return (_made(U, V).norm(dim=1) / W.norm(dim=0)).mean().item()


def projected(W, U, V):
    """You measure how far the winner reaches along W's column: the ratio compares lengths, and the
    direction has had its say in the choice of the winner."""
    made = _made(U, V)
    along = torch.einsum("coi,oi->ci", made, W) / W.square().sum(0)
    return _picked(along, _winner(W, U, V)).mean().item()


def rows(W, U, V):
    """You compare rows: a feature of this layer is a column, what its input writes."""
    made = _made(U, V)
    winner = functional.cosine_similarity(made, W[None], dim=2).argmax(0)
    return (_picked(made.norm(dim=2), winner) / W.norm(dim=1)).mean().item()


def distance_from_w(W, U, V):
    """You measure how far the winner's column is from W's: the ratio of the two lengths is asked
    for."""
    made = _made(U, V)
    away = _picked((made - W).norm(dim=1), _winner(W, U, V))
    return (1 - away / W.norm(dim=0)).mean().item()

"""Wrong components that students write."""

import torch


def transposed(U, V):
    """You swap the axes of each component: it has the shape of W, `[out, in]`."""
    return torch.einsum("oc,ci->cio", U, V)


def components_last(U, V):
    """You put the components on the last axis: they come first, `[C, out, in]`."""
    return torch.einsum("oc,ci->oic", U, V)


def components_in_the_middle(U, V):
    """You put the components on the middle axis: they come first, `[C, out, in]`."""
    return torch.einsum("oc,ci->oci", U, V)


def the_sum(U, V):
    """You return UV, the sum of all components: each of them is asked for."""
    return U @ V


def unit_u(U, V):
    """You bring U to length 1 and lose the component's size."""
    return torch.einsum("oc,ci->coi", U / U.norm(dim=0), V)


def unit_components(U, V):
    """You bring every component to length 1: they would no longer sum to UV."""
    P = torch.einsum("oc,ci->coi", U, V)
    return P / P.flatten(1).norm(dim=1)[:, None, None]


def divided_by_the_number(U, V):
    """You divide by the number of components: they would no longer sum to UV."""
    return torch.einsum("oc,ci->coi", U, V) / U.shape[1]


def running_sums(U, V):
    """You add the components up as you go: component c alone is asked for."""
    return torch.einsum("oc,ci->coi", U, V).cumsum(0)


def neighbours(U, V):
    """You pair column c of U with another row of V: both have the number c."""
    return torch.einsum("oc,ci->coi", U, V.roll(1, 0))


def sums_of_outer_products(U, V):
    """You sum U over its components before you multiply: each row of V then meets all of U."""
    return torch.einsum("o,ci->coi", U.sum(1), V)


def without_sign(U, V):
    """You drop the sign: a component may write against a direction."""
    return torch.einsum("oc,ci->coi", U, V).abs()

"""Wrong inner activations that students write."""

from torch.nn import functional


def unit_v(a, V):
    """You bring V's rows to length 1: the size of V belongs to what a component sees."""
    return a @ functional.normalize(V, dim=1).mT


def cosines(a, V):
    """You return cosines: how strong the input is belongs to it."""
    return functional.normalize(a, dim=1) @ functional.normalize(V, dim=1).mT


def without_sign(a, V):
    """You drop the sign: an input against V is not one along it."""
    return (a @ V.mT).abs()


def rectified(a, V):
    """You cut negative numbers off: a component's reading is linear, and the gate decides what to
    make of a negative one."""
    return (a @ V.mT).relu()


def squared(a, V):
    """You square: the plain dot product is asked for."""
    return (a @ V.mT).square()


def transposed(a, V):
    """You return `[C, batch]`: samples come first, `[batch, C]`."""
    return V @ a.mT


def products_not_summed(a, V):
    """You do not sum over the inputs: each component sees one number of a sample."""
    return a[:, None] * V


def scaled_down(a, V):
    """You divide by the square root of the number of inputs, as attention does: here it does not
    belong."""
    return a @ V.mT / a.shape[1] ** 0.5


def centred(a, V):
    """You take the batch's mean off the inputs: what a component sees of a sample depends on that
    sample alone."""
    return (a - a.mean(0)) @ V.mT


def means(a, V):
    """You average over the inputs in place of adding them up."""
    return a @ V.mT / a.shape[1]


def v_detached(a, V):
    """You cut V off from its gradient: V is trained through what its gate sees, too."""
    return a @ V.detach().mT


def a_share_for_each(a, V):
    """You take a softmax over the components: none of them competes with the others here."""
    return (a @ V.mT).softmax(-1)

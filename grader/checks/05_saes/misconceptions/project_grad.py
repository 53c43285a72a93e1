"""Wrong projections that students write."""


def unit_rows_assumed(W_dec, grad):
    """You take the rows to have length 1: divide by their squared length."""
    return grad - (grad * W_dec).sum(1, keepdim=True) * W_dec


def divided_by_the_length(W_dec, grad):
    """You divide by the length once: it enters twice, so divide by its square."""
    return grad - (grad * W_dec).sum(1, keepdim=True) / W_dec.norm(dim=1, keepdim=True) * W_dec


def the_part_along(W_dec, grad):
    """You return the part along the row: that is what goes, the rest is asked for."""
    return (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True) * W_dec


def added(W_dec, grad):
    """You add the part along the row: it is taken away."""
    return grad + (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True) * W_dec


def columns(W_dec, grad):
    """You project on the columns: a latent's direction is a row."""
    return grad - (grad * W_dec).sum(0, keepdim=True) / W_dec.square().sum(0, keepdim=True) * W_dec


def whole_matrix(W_dec, grad):
    """You project on the whole matrix at once: each row has its own direction."""
    return grad - (grad * W_dec).sum() / W_dec.square().sum() * W_dec


def elementwise(W_dec, grad):
    """You forget the sum of the dot product: entry by entry, nothing is left."""
    return grad - (grad * W_dec) / W_dec.square() * W_dec


def roles_swapped(W_dec, grad):
    """You project the rows on the gradient: take the gradient's part along the row."""
    return W_dec - (grad * W_dec).sum(1, keepdim=True) / grad.square().sum(1, keepdim=True) * grad


def divided_by_the_gradient(W_dec, grad):
    """You divide by the gradient's squared length: divide by the row's."""
    return grad - (grad * W_dec).sum(1, keepdim=True) / grad.square().sum(1, keepdim=True) * W_dec


def as_it_was(W_dec, grad):
    """You return the gradient as it was."""
    return grad.clone()


def normalised(W_dec, grad):
    """You give the rest length 1: a gradient keeps its size."""
    share = (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True)
    left = grad - share * W_dec
    return left / left.norm(dim=1, keepdim=True)


def only_outward(W_dec, grad):
    """You take the part away only where it points outward: both signs go."""
    share = (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True)
    return grad - share.clamp(min=0) * W_dec


def in_place(W_dec, grad):
    """You change the gradient in place: return a new tensor."""
    share = (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True)
    grad -= share * W_dec
    return grad


def reflected(W_dec, grad):
    """You take away twice the part along the row: that reflects the gradient."""
    share = (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True)
    return grad - 2 * share * W_dec

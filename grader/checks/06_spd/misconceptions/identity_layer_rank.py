"""Wrong counts of what a layer uses that students write."""

import torch


def _result(W, U, V, live, tenth=None, missing=None):
    made = U[:, live] @ V[live]
    tenth = 0.1 * torch.linalg.matrix_norm(W, 2) if tenth is None else tenth
    rank = int((torch.linalg.svdvals(made) > tenth).sum())
    rest = (W - made).norm() / W.norm() if missing is None else missing
    return int(live.sum()), rank, float(rest)


def mean_gate(W, U, V, g, threshold=0.1):
    """You count a component by its mean gate: one that opens on few inputs is live, too."""
    return _result(W, U, V, g.mean(0) > threshold)


def open_everywhere(W, U, V, g, threshold=0.1):
    """You count a component only if its gate is open on every input: once is enough."""
    return _result(W, U, V, (g > threshold).all(0))


def all_components(W, U, V, g, threshold=0.1):
    """You count every component: those whose gates never open take no part."""
    return _result(W, U, V, torch.ones(len(V), dtype=torch.bool))


def rank_of_the_whole_sum(W, U, V, g, threshold=0.1):
    """Your rank and remainder are those of U V: sum up the live components alone."""
    live = (g > threshold).any(0)
    made = U @ V
    rank = int((torch.linalg.svdvals(made) > 0.1 * torch.linalg.matrix_norm(W, 2)).sum())
    return int(live.sum()), rank, float((W - made).norm() / W.norm())


def rank_of_the_gates(W, U, V, g, threshold=0.1):
    """Your rank is that of the gates: it is that of the matrix the live components add up to."""
    live, _, rest = _result(W, U, V, (g > threshold).any(0))
    return live, int(torch.linalg.matrix_rank((g > threshold).to(W))), rest


def rank_is_the_count(W, U, V, g, threshold=0.1):
    """Your rank is the number of live components: several can share one direction."""
    live, _, rest = _result(W, U, V, (g > threshold).any(0))
    return live, live, rest


def every_singular_value(W, U, V, g, threshold=0.1):
    """You count every singular value that is not zero: crumbs are no rank, ask for a tenth of W's
    largest."""
    return _result(W, U, V, (g > threshold).any(0), tenth=1e-6 * W.norm())


def tenth_of_its_own(W, U, V, g, threshold=0.1):
    """You compare with the live sum's own largest singular value: where that is lost, crumbs count.
    Compare with W's."""
    live = (g > threshold).any(0)
    own = torch.linalg.matrix_norm(U[:, live] @ V[live], 2) if live.any() else W.norm()
    return _result(W, U, V, live, tenth=0.1 * own)


def tenth_as_a_number(W, U, V, g, threshold=0.1):
    """You compare singular values with 0.1 itself: that depends on the layer's units."""
    return _result(W, U, V, (g > threshold).any(0), tenth=0.1)


def threshold_for_singular_values(W, U, V, g, threshold=0.1):
    """You use the gates' threshold for the singular values as well: those are held against a tenth
    of W's largest."""
    return _result(
        W, U, V, (g > threshold).any(0), tenth=threshold * torch.linalg.matrix_norm(W, 2)
    )


def threshold_left_out(W, U, V, g, threshold=0.1):
    """You do not use the threshold that you are given."""
    return _result(W, U, V, (g > 0.1).any(0))


def not_over_its_length(W, U, V, g, threshold=0.1):
    """What you call missing depends on the layer's units: divide by the length of W."""
    live = (g > threshold).any(0)
    return _result(W, U, V, live, missing=(W - U[:, live] @ V[live]).norm())


def squared_share(W, U, V, g, threshold=0.1):
    """You compare squares: lengths are asked for, so take the roots."""
    live = (g > threshold).any(0)
    return _result(W, U, V, live, missing=(W - U[:, live] @ V[live]).norm() ** 2 / W.norm() ** 2)


def difference_of_lengths(W, U, V, g, threshold=0.1):
    """You subtract lengths: subtract the matrices, then take the length."""
    live = (g > threshold).any(0)
    made = U[:, live] @ V[live]
    return _result(W, U, V, live, missing=(W.norm() - made.norm()).abs() / W.norm())


def spectral_length(W, U, V, g, threshold=0.1):
    """You compare largest singular values: the length of a matrix is over all its entries."""
    live = (g > threshold).any(0)
    rest = torch.linalg.matrix_norm(W - U[:, live] @ V[live], 2)
    return _result(W, U, V, live, missing=rest / torch.linalg.matrix_norm(W, 2))


def weighed_by_gates(W, U, V, g, threshold=0.1):
    """You weigh each component with its gate: a live one counts whole."""
    live = (g > threshold).any(0)
    return _result(W, U * (g.amax(0) * live), V, live)


def rank_first(W, U, V, g, threshold=0.1):
    """You return the rank first: the live components come first, then their rank."""
    live, rank, rest = _result(W, U, V, (g > threshold).any(0))
    return rank, live, rest

"""Wrong rank correlations that students write."""


def _ranks(values):
    smaller = (values[:, None] > values[None]).double().sum(-1)
    return smaller + (values[:, None] == values[None]).double().sum(-1) / 2


def _cosine(a, b):
    size = a.norm() * b.norm()
    return (a @ b / size).item() if size > 0 else 0.0


def _centred(a):
    return a - a.mean()


def values_correlated(one, other):
    """You correlate the values (Pearson): replace them by their ranks first, or one large value
    decides."""
    return _cosine(_centred(one), _centred(other))


def ranks_not_centred(one, other):
    """You do not subtract the mean rank: a cosine of positive numbers is never negative."""
    return _cosine(_ranks(one), _ranks(other))


def argsort_once(one, other):
    """You correlate the results of `argsort`: they say where the smallest value stands, not which
    rank each value has. Sort twice, or count."""
    return _cosine(_centred(one.argsort().double()), _centred(other.argsort().double()))


def ties_in_order(one, other):
    """Equal values get different ranks (`argsort` twice): they share their mean rank."""
    ranks = [values.argsort(stable=True).argsort().double() for values in (one, other)]
    constant = one.min() == one.max() or other.min() == other.max()
    return 0.0 if constant else _cosine(_centred(ranks[0]), _centred(ranks[1]))


def ties_take_the_lowest(one, other):
    """Equal values get the lowest of the ranks they share: they take the mean."""
    ranks = [(values[:, None] > values[None]).double().sum(-1) for values in (one, other)]
    return _cosine(_centred(ranks[0]), _centred(ranks[1]))


def dense_ranks(one, other):
    """You count distinct values (`unique`): a value shared by three takes up three ranks."""
    ranks = [values.unique(return_inverse=True)[1].double() for values in (one, other)]
    return _cosine(_centred(ranks[0]), _centred(ranks[1]))


def formula_without_ties(one, other):
    """You use 1 - 6 sum d^2 / (n (n^2 - 1)): that holds only without ties."""
    n = len(one)
    d = _ranks(one) - _ranks(other)
    if one.min() == one.max() or other.min() == other.max():
        return 0.0
    return 1 - 6 * d.square().sum().item() / (n * (n**2 - 1))


def divides_by_zero(one, other):
    """You divide by the spread of a constant map: it ranks nothing, return 0."""
    a, b = _centred(_ranks(one)), _centred(_ranks(other))
    return (a @ b / (a.norm() * b.norm())).item()


def sizes_ranked(one, other):
    """You rank absolute values: take the values as they come; whoever wants sizes passes them."""
    return _cosine(_centred(_ranks(one.abs())), _centred(_ranks(other.abs())))


def squared(one, other):
    """You return the square: the sign says whether the orders agree or oppose each other."""
    return _cosine(_centred(_ranks(one)), _centred(_ranks(other))) ** 2


def absolute(one, other):
    """You return the absolute value: opposite orders have correlation -1."""
    return abs(_cosine(_centred(_ranks(one)), _centred(_ranks(other))))


def kendall(one, other):
    """You count pairs in the same order (Kendall's tau): Spearman's rho correlates ranks."""
    signs = [(v[:, None] - v[None]).sign().flatten() for v in (one, other)]
    return _cosine(signs[0], signs[1])


def one_minus(one, other):
    """You return a distance, 1 minus the correlation."""
    return 1 - _cosine(_centred(_ranks(one)), _centred(_ranks(other)))

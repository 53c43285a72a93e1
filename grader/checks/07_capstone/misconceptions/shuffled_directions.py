"""Wrong shuffled directions that students write."""

import torch


def _step(X, labels):
    return X[labels].mean(0) - X[~labels].mean(0)


def _within(labels, groups, generator):
    mixed = labels.clone()
    for group in groups.unique():
        rows = (groups == group).nonzero()[:, 0]
        mixed[rows] = labels[rows[torch.randperm(len(rows), generator=generator)]]
    return mixed


def _make(X, labels, groups, n, seed, shuffle=_within, length=None, step=_step):
    generator = torch.Generator().manual_seed(seed)
    true = _step(X, labels).norm() if length is None else length
    steps = [step(X, shuffle(labels, groups, generator)) for _ in range(n)]
    return torch.stack([s * true / s.norm() for s in steps])


def over_all_texts(X, labels, groups, n, seed):
    """You shuffle over all texts: groups then differ in their share of True, and your directions
    say something about the groups."""
    return _make(
        X, labels, groups, n, seed,
        lambda y, g, draw: y[torch.randperm(len(y), generator=draw)],
    )  # fmt: skip


def new_coins(X, labels, groups, n, seed):
    """You throw new coins: each group must have as many True texts as before."""

    def coins(y, g, draw):
        thrown = torch.rand(len(y), generator=draw) < y.double().mean()
        thrown[:2] = torch.tensor([True, False])
        return thrown

    return _make(X, labels, groups, n, seed, coins)


def whole_groups_change(X, labels, groups, n, seed):
    """You turn the labels of whole groups about: they have to be shuffled inside each group."""

    def turn(y, g, draw):
        names = g.unique()
        turned = names[torch.rand(len(names), generator=draw) < 0.5]
        return y ^ torch.isin(g, turned)

    return _make(X, labels, groups, n, seed, turn)


def as_they_come(X, labels, groups, n, seed):
    """Your directions have the lengths they come with: a longer step does more, so all need the
    length of the true one."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([_step(X, _within(labels, groups, generator)) for _ in range(n)])


def unit_vectors(X, labels, groups, n, seed):
    """Your directions have length 1: they need the length of the true step."""
    return _make(X, labels, groups, n, seed, length=1.0)


def squared_length(X, labels, groups, n, seed):
    """Your directions have the square of the true length."""
    return _make(X, labels, groups, n, seed, length=_step(X, labels).norm() ** 2)


def false_minus_true(X, labels, groups, n, seed):
    """Your steps go from True to False: the other way about is meant."""
    return _make(X, labels, groups, n, seed, step=lambda X, y: -_step(X, y))


def mean_of_true_alone(X, labels, groups, n, seed):
    """You take the mean of the True texts, without taking off that of the False ones."""
    return _make(X, labels, groups, n, seed, step=lambda X, y: X[y].mean(0))


def random_directions(X, labels, groups, n, seed):
    """You draw random directions: they have to come from these activations, under shuffled
    labels."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(n, X.shape[1], generator=generator, dtype=X.dtype)
    return drawn / drawn.norm(dim=1, keepdim=True) * _step(X, labels).norm()


def the_same_every_time(X, labels, groups, n, seed):
    """All your directions are one: the generator is seeded anew for each of them."""
    return _make(
        X, labels, groups, n, seed,
        lambda y, g, draw: _within(y, g, torch.Generator().manual_seed(seed)),
    )  # fmt: skip


def neighbours_share(X, labels, groups, n, seed):
    """You seed draw i with seed + i: two neighbouring seeds then share all directions but one."""
    steps = [
        _step(X, _within(labels, groups, torch.Generator().manual_seed(seed + i))) for i in range(n)
    ]
    true = _step(X, labels).norm()
    return torch.stack([s * true / s.norm() for s in steps])


def rotated_labels(X, labels, groups, n, seed):
    """You rotate the labels within a group: few orders can come of that, and neighbours stay
    together. Draw a random order."""

    def rotate(y, g, draw):
        mixed = y.clone()
        for group in g.unique():
            rows = (g == group).nonzero()[:, 0]
            mixed[rows] = y[rows].roll(int(torch.randint(2, (), generator=draw)))
        return mixed

    return _make(X, labels, groups, n, seed, rotate)


def one_fixed_seed(X, labels, groups, n, seed):
    """Your directions are the same for every seed."""
    return _make(X, labels, groups, n, 0)

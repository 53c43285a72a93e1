"""Wrong ways to list the live components."""


def _where(g, of):
    return {name: of(gate).nonzero()[:, 0] for name, gate in g.items()}


def by_the_mean(g, threshold=0.1):
    """You ask for the mean over the inputs: open on a single input is enough."""
    return _where(g, lambda gate: gate.mean(dim=0) > threshold)


def by_the_sum(g, threshold=0.1):
    """You add up the inputs: many gates that are nearly shut are none that is open."""
    return _where(g, lambda gate: gate.sum(dim=0) > threshold)


def open_on_all(g, threshold=0.1):
    """You ask that a component be open on all inputs: one is enough."""
    return _where(g, lambda gate: (gate > threshold).all(dim=0))


def inputs_for_components(g, threshold=0.1):
    """You list inputs: components are the last axis."""
    return _where(g, lambda gate: (gate > threshold).any(dim=1))


def winners(g, threshold=0.1):
    """You list the most open component of each input: one may be shut, and others be open too."""
    return {name: gate.argmax(dim=1).unique() for name, gate in g.items()}


def fixed_threshold(g, threshold=0.1):
    """You compare with 0.1: use `threshold`."""
    return _where(g, lambda gate: (gate > 0.1).any(dim=0))


def anything_above_zero(g, threshold=0.1):
    """You compare with 0: use `threshold`."""
    return _where(g, lambda gate: (gate > 0).any(dim=0))


def marked(g, threshold=0.1):
    """You return truth values: return the indices."""
    return {name: (gate > threshold).any(dim=0) for name, gate in g.items()}


def numbered(g, threshold=0.1):
    """You return how many there are: return which."""
    return {name: (gate > threshold).any(dim=0).sum() for name, gate in g.items()}


def with_repeats(g, threshold=0.1):
    """A component stands there once for each input that opens it: name it once."""
    return {name: (gate > threshold).nonzero()[:, 1] for name, gate in g.items()}


def by_size(g, threshold=0.1):
    """You order by how open they are: the indices ascend."""
    live = {}
    for name, gate in g.items():
        most = gate.amax(dim=0)
        order = most.argsort(descending=True)
        live[name] = order[most[order] > threshold]
    return live


def shut_ones(g, threshold=0.1):
    """You list the components that are not live."""
    return _where(g, lambda gate: (gate <= threshold).all(dim=0))


def same_for_all_layers(g, threshold=0.1):
    """You return the first layer's indices for every layer."""
    first = next(iter(g.values()))
    return {name: (first > threshold).any(dim=0).nonzero()[:, 0] for name in g}


def nested(g, threshold=0.1):
    """You return `nonzero()` as it comes, `[live, 1]`: one index each, `[live]`."""
    return {name: (gate > threshold).any(dim=0).nonzero() for name, gate in g.items()}

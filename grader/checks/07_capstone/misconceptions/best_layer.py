"""Wrong ways to choose a layer that students write."""


def _rule(valid, test, error=None, pick=None, report=None):
    means = valid.double().mean(0)
    best = int((means == means.max()).nonzero()[0])
    own = valid[:, best].double().std(correction=1) / len(valid) ** 0.5
    allowed = own if error is None else error(valid, best, own)
    good = (means >= means[best] - allowed).nonzero()[:, 0]
    layer = int(good[0]) if pick is None else pick(good, means)
    return layer, test[:, layer].mean().item() if report is None else report(layer)


def highest_mean(valid, test):
    """You take the layer with the highest mean: the earliest within one standard error is meant."""
    return _rule(valid, test, error=lambda v, b, own: 0.0)


def standard_deviation(valid, test):
    """You take the standard deviation for the standard error: divide by the root of the number of
    splits."""
    return _rule(valid, test, error=lambda v, b, own: own * len(v) ** 0.5)


def divided_by_the_number(valid, test):
    """You divide by the number of splits, not by its root."""
    return _rule(valid, test, error=lambda v, b, own: own / len(v) ** 0.5)


def spread_over_n(valid, test):
    """Your spread divides by S: with few splits that is too small. Divide by S - 1."""
    return _rule(valid, test, error=lambda v, b, own: own * ((len(v) - 1) / len(v)) ** 0.5)


def root_of_one_less(valid, test):
    """You divide the spread by the root of S - 1: S - 1 belongs inside the spread, and the root of
    S, all splits, outside."""
    return _rule(valid, test, error=lambda v, b, own: own * (len(v) / (len(v) - 1)) ** 0.5)


def two_standard_errors(valid, test):
    """You allow two standard errors: one is meant."""
    return _rule(valid, test, error=lambda v, b, own: 2 * own)


def error_of_each_layer(valid, test):
    """You take each layer's own standard error: a noisy layer is then good by its noise. The best
    layer's counts for all."""
    errors = valid.double().std(0) / len(valid) ** 0.5
    means = valid.double().mean(0)
    layer = int((means >= means.max() - errors).nonzero()[0])
    return layer, test[:, layer].mean().item()


def spread_over_layers(valid, test):
    """Your standard error is taken over the layers: it belongs to the splits of one layer."""
    means = valid.double().mean(0)
    return _rule(valid, test, error=lambda v, b, own: means.std() / len(means) ** 0.5)


def best_on_test_within(valid, test):
    """Of the layers within the error you take the best on test: then test has chosen."""
    return _rule(valid, test, pick=lambda good, means: int(good[test[:, good].mean(0).argmax()]))


def latest_within(valid, test):
    """You take the latest layer within the error: the earliest is meant."""
    return _rule(valid, test, pick=lambda good, means: int(good[-1]))


def second_best(valid, test):
    """You take the best of the earlier layers within the error: the earliest of them is meant."""
    return _rule(valid, test, pick=lambda good, means: int(good[means[good].argsort()[-2:][0]]))


def chosen_on_test(valid, test):
    """You apply the rule to the test scores: they must not choose."""
    return _rule(test, test)


def reports_validation(valid, test):
    """You report the validation score, on which you have chosen: report the test score."""
    return _rule(valid, test, report=lambda layer: None)[0], valid[
        :, _rule(valid, test)[0]
    ].mean().item()


def reports_the_best_split(valid, test):
    """You report the best split's test score: the mean over the splits is meant."""
    layer = _rule(valid, test)[0]
    return layer, test[:, layer].max().item()


def reports_the_best_of_test(valid, test):
    """You report the highest mean test score of all layers: report the chosen layer's."""
    return _rule(valid, test)[0], test.mean(0).max().item()


def counted_from_1(valid, test):
    """You count layers from 1: layer 0 is the embedding."""
    layer, reported = _rule(valid, test)
    return layer + 1, reported

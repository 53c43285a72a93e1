"""Wrong ways to choose a layer that students write."""


def best_on_test(valid, test):
    """You choose the layer by its test accuracy: the best of many noisy numbers is too large.
    Choose on validation data."""
    layer = int(test.argmax())
    return layer, float(test[layer])


def reports_the_validation_accuracy(valid, test):
    """You report the validation accuracy, on which you have chosen: report that of test."""
    layer = int(valid.argmax())
    return layer, float(valid[layer])


def reports_the_best_of_test(valid, test):
    """You report the best test accuracy of all layers: report that of the chosen layer."""
    return int(valid.argmax()), float(test.max())


def best_of_both_added(valid, test):
    """You choose by validation and test together: test must not have a say."""
    layer = int((valid + test).argmax())
    return layer, float(test[layer])


def better_side_of_each_layer(valid, test):
    """You take the better of validation and test for each layer: test must not have a say."""
    layer = int(valid.maximum(test).argmax())
    return layer, float(test[layer])


def last_of_several(valid, test):
    """You take the last of several best layers: the earliest is meant."""
    layer = int((valid == valid.max()).nonzero()[-1])
    return layer, float(test[layer])


def best_on_test_of_several(valid, test):
    """Of several layers that are best on validation data you take the best on test: then test has
    chosen. The earliest is meant."""
    best = (valid == valid.max()).nonzero()[:, 0]
    layer = int(best[test[best].argmax()])
    return layer, float(test[layer])


def worst_on_valid(valid, test):
    """You take the layer with the lowest validation accuracy."""
    layer = int(valid.argmin())
    return layer, float(test[layer])


def counted_from_1(valid, test):
    """You count layers from 1: layer 0 is the embedding."""
    layer = int(valid.argmax())
    return layer + 1, float(test[layer])


def smallest_gap(valid, test):
    """You take the layer on which validation and test agree best: choose the highest validation
    accuracy."""
    layer = int((valid - test).abs().argmin())
    return layer, float(test[layer])


def roles_exchanged(valid, test):
    """You choose on test and report validation: it is the other way around."""
    layer = int(test.argmax())
    return layer, float(valid[layer])


def mean_of_both_reported(valid, test):
    """You report the mean of validation and test accuracy: validation has done its work by
    choosing."""
    layer = int(valid.argmax())
    return layer, float((valid[layer] + test[layer]) / 2)

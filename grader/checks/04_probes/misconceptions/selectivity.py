"""Wrong selectivities that students write."""

import torch


def _accuracy(X, labels, w, b, side):
    return float(((X[side] @ w + b > 0) == labels[side]).double().mean())


def _one(fit, X, labels, train, side):
    w, b = fit(X[train], labels[train])
    return _accuracy(X, labels, w, b, side)


def control_on_training_rows(fit, X, task, control, train, test):
    """You judge the control task on the rows it was fitted on: both are judged on the same test
    rows."""
    return _one(fit, X, task, train, test) - _one(fit, X, control, train, train)


def both_on_training_rows(fit, X, task, control, train, test):
    """You judge both tasks on the training rows: what a probe has memorised counts on new rows
    only."""
    return _one(fit, X, task, train, train) - _one(fit, X, control, train, train)


def control_refitted_on_test(fit, X, task, control, train, test):
    """You fit the control probe anew on the test rows: then it has seen what it is judged on."""
    return _one(fit, X, task, train, test) - _one(fit, X, control, test, test)


def fitted_on_everything(fit, X, task, control, train, test):
    """You fit on all rows, those of the test among them."""
    every = torch.ones_like(train)
    return _one(fit, X, task, every, test) - _one(fit, X, control, every, test)


def all_but_train_is_test(fit, X, task, control, train, test):
    """You test on everything that is not training: validation examples are no test examples."""
    return _one(fit, X, task, train, ~train) - _one(fit, X, control, train, ~train)


def all_but_test_is_train(fit, X, task, control, train, test):
    """You fit on everything that is not test: validation examples are no training examples."""
    return _one(fit, X, task, ~test, test) - _one(fit, X, control, ~test, test)


def one_probe_for_both(fit, X, task, control, train, test):
    """You ask the task's probe for the control labels: each task gets a probe of its own."""
    w, b = fit(X[train], task[train])
    return _accuracy(X, task, w, b, test) - _accuracy(X, control, w, b, test)


def control_minus_task(fit, X, task, control, train, test):
    """You subtract the wrong way around: task minus control."""
    return _one(fit, X, control, train, test) - _one(fit, X, task, train, test)


def size_of_the_difference(fit, X, task, control, train, test):
    """You take the absolute value: where the control does better, selectivity is below 0."""
    return abs(_one(fit, X, task, train, test) - _one(fit, X, control, train, test))


def ratio(fit, X, task, control, train, test):
    """You divide: selectivity is a difference of accuracies."""
    return _one(fit, X, task, train, test) / _one(fit, X, control, train, test)


def task_alone(fit, X, task, control, train, test):
    """You return the accuracy on the task: the control's has to be subtracted."""
    _one(fit, X, control, train, test)
    return _one(fit, X, task, train, test)


def above_the_base_rate(fit, X, task, control, train, test):
    """You subtract the base rate and not what a probe achieves on the control task."""
    fit(X[train], control[train])
    share = float(task[test].double().mean())
    return _one(fit, X, task, train, test) - max(share, 1 - share)


def bias_left_out(fit, X, task, control, train, test):
    """You leave the bias out of the score."""
    accuracies = []
    for labels in (task, control):
        w, _ = fit(X[train], labels[train])
        accuracies.append(_accuracy(X, labels, w, 0.0, test))
    return accuracies[0] - accuracies[1]


def threshold_at_one_half(fit, X, task, control, train, test):
    """You put the threshold at 0.5: the probe says True where its score is above 0."""
    accuracies = []
    for labels in (task, control):
        w, b = fit(X[train], labels[train])
        accuracies.append(_accuracy(X, labels, w, b - 0.5, test))
    return accuracies[0] - accuracies[1]

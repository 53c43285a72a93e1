"""Wrong sweeps over layers that students write."""

import torch


def _columns(right, columns, n_columns):
    return torch.stack([right[columns == c].float().mean() for c in range(n_columns)])


def _right(acts, labels, w, b, side):
    return (acts[side] @ w + b > 0) == labels[side]


def _sweep(fit, acts, labels, columns, train, test):
    n_columns = int(columns.max()) + 1
    rows = []
    for layer in acts:
        w, b = fit(layer[train], labels[train])
        rows.append(_columns(_right(layer, labels, w, b, test), columns[test], n_columns))
    return torch.stack(rows)


def judged_on_training_rows(fit, acts, labels, columns, train, test):
    """You judge the probes on the rows they were fitted on."""
    return _sweep(fit, acts, labels, columns, train, train)


def fitted_on_everything(fit, acts, labels, columns, train, test):
    """You fit on all rows, those of the test among them."""
    return _sweep(fit, acts, labels, columns, torch.ones_like(train), test)


def fitted_on_test(fit, acts, labels, columns, train, test):
    """You fit the probes on the test rows."""
    return _sweep(fit, acts, labels, columns, test, test)


def all_but_train_is_test(fit, acts, labels, columns, train, test):
    """You test on everything that is not training: validation examples are no test examples."""
    return _sweep(fit, acts, labels, columns, train, ~train)


def one_probe_for_all_layers(fit, acts, labels, columns, train, test):
    """You fit one probe, on layer 0, and use it everywhere: each layer gets a probe of its own."""
    n_columns = int(columns.max()) + 1
    w, b = fit(acts[0, train], labels[train])
    return torch.stack(
        [_columns(_right(layer, labels, w, b, test), columns[test], n_columns) for layer in acts]
    )


def one_probe_for_each_column(fit, acts, labels, columns, train, test):
    """You fit a probe for each column: fit one for each layer, on the rows of all columns."""
    rows = []
    for layer in acts:
        line = []
        for c in range(int(columns.max()) + 1):
            here, there = train & (columns == c), test & (columns == c)
            w, b = fit(layer[here], labels[here])
            line.append(_right(layer, labels, w, b, there).float().mean())
        rows.append(torch.stack(line))
    return torch.stack(rows)


def zero_for_an_empty_column(fit, acts, labels, columns, train, test):
    """You write 0 where no test row is: nothing was measured there, that is nan."""
    return _sweep(fit, acts, labels, columns, train, test).nan_to_num(0.0)


def empty_columns_left_out(fit, acts, labels, columns, train, test):
    """You leave columns without test rows out: those after them then stand in the wrong place."""
    grid = _sweep(fit, acts, labels, columns, train, test)
    return grid[:, ~grid.isnan().any(dim=0)]


def columns_of_test_rows(fit, acts, labels, columns, train, test):
    """You count the columns of the test rows alone: the last ones may have none, and are nan."""
    grid = _sweep(fit, acts, labels, columns, train, test)
    return grid[:, : int(columns[test].max()) + 1]


def columns_of_train_and_test(fit, acts, labels, columns, train, test):
    """You count the columns of train and test: examples on neither side count as well."""
    grid = _sweep(fit, acts, labels, columns, train, test)
    return grid[:, : int(columns[train | test].max()) + 1]


def same_number_for_all_columns(fit, acts, labels, columns, train, test):
    """You write the layer's accuracy on all test rows into each of its columns."""
    grid = _sweep(fit, acts, labels, torch.zeros_like(columns), train, test)
    shown = _sweep(fit, acts, labels, columns, train, test)
    return torch.where(shown.isnan(), shown, grid.expand_as(shown))


def share_of_all_test_rows(fit, acts, labels, columns, train, test):
    """You divide by the number of all test rows: by those of the column."""
    grid = _sweep(fit, acts, labels, columns, train, test)
    counts = torch.bincount(columns[test], minlength=grid.shape[1])
    return grid * counts / counts.sum()


def errors_counted(fit, acts, labels, columns, train, test):
    """You count the wrong answers: accuracy is the share of right ones."""
    return 1 - _sweep(fit, acts, labels, columns, train, test)


def share_of_true_answers(fit, acts, labels, columns, train, test):
    """You average what the probe says and not whether it is right."""
    n_columns = int(columns.max()) + 1
    rows = []
    for layer in acts:
        w, b = fit(layer[train], labels[train])
        rows.append(_columns(layer[test] @ w + b > 0, columns[test], n_columns))
    return torch.stack(rows)


def columns_of_all_rows(fit, acts, labels, columns, train, test):
    """You judge all rows of a column, training rows among them: only those of the test."""
    return _sweep(fit, acts, labels, columns, train, torch.ones_like(test))


def axes_exchanged(fit, acts, labels, columns, train, test):
    """Your map is transposed: layers are rows, columns are columns."""
    return _sweep(fit, acts, labels, columns, train, test).T.contiguous()


def bias_left_out(fit, acts, labels, columns, train, test):
    """You leave the bias out of the score."""
    return _sweep(
        lambda X, y: (fit(X, y)[0], 0.0), acts, labels, columns, train, test
    )  # fmt: skip


def best_layer_only(fit, acts, labels, columns, train, test):
    """You return the best layer alone, chosen on test: return all layers and choose later, on
    validation data."""
    grid = _sweep(fit, acts, labels, columns, train, test)
    return grid[[int(grid.nanmean(dim=1).argmax())]]

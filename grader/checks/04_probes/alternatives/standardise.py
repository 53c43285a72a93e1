"""Other right ways to write standardise."""

import torch


def scikit_learn(train, test):
    """scikit-learn's StandardScaler, which knows constant columns."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train.double().numpy())
    parts = (torch.from_numpy(scaler.transform(x.double().numpy())) for x in (train, test))
    return tuple(part.to(train.dtype) for part in parts)


def column_by_column(train, test):
    """A loop over columns, sums by hand; constant is what holds one value."""
    one, other = torch.empty_like(train), torch.empty_like(test)
    for j in range(train.shape[1]):
        column = train[:, j]
        mean = column.sum() / len(column)
        spread = 1.0
        if len(column.unique()) > 1:
            spread = ((column - mean) ** 2).sum().div(len(column)).sqrt()
        one[:, j], other[:, j] = (column - mean) / spread, (test[:, j] - mean) / spread
    return one, other


def relative_threshold(train, test):
    """float32 throughout; a spread that is tiny beside the column's numbers counts as none."""
    train, test = train.float(), test.float()
    mean = train.mean(dim=0, keepdim=True)
    spread = (train - mean).square().mean(dim=0, keepdim=True).sqrt()
    spread[spread <= 1e-6 * train.abs().amax(dim=0)] = 1
    return (train - mean) / spread, (test - mean) / spread

"""Other right ways to write occlusion."""

import torch


def one_batch_for_all(f, tokens, replacement):
    """One call: the prompt itself is the last row."""
    n_pos = tokens.shape[0]
    covered = torch.eye(n_pos + 1, n_pos, dtype=torch.bool)
    batch = tokens.expand(n_pos + 1, n_pos).masked_fill(covered, replacement)
    answers = f(batch)
    return answers[-1] - answers[:-1]


def token_by_token(f, tokens, replacement):
    """A call for each token, numbers collected in a list."""
    base = float(f(tokens.unsqueeze(0)))
    losses = []
    for i, _ in enumerate(tokens):
        spoilt = tokens.clone()
        spoilt[i] = replacement
        losses.append(base - f(spoilt.unsqueeze(0)).item())
    return torch.tensor(losses)

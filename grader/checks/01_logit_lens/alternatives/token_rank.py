"""Other right ways to write token_rank."""

import torch


def in_loops(logits, answer):
    """Plain loops over layers and prompts, in Python numbers."""
    ranks = []
    for layer in logits[:, :, -1, :].tolist():
        pairs = zip(layer, answer.tolist(), strict=True)
        ranks.append([sum(value > row[token] for value in row) for row, token in pairs])
    return torch.tensor(ranks)


def by_sorting(logits, answer):
    """Sort, then find where the answer's value would go in."""
    last = logits[..., -1, :]
    own = torch.take_along_dim(last, answer.view(1, -1, 1), dim=-1)
    rising = last.sort(dim=-1).values
    return last.shape[-1] - torch.searchsorted(rising, own.contiguous(), right=True).squeeze(-1)


def in_small_integers(logits, answer):
    """int32, transposed and not contiguous."""
    last = logits[:, :, -1].transpose(0, 1)
    own = torch.stack([row[:, token] for row, token in zip(last, answer, strict=True)])
    return last.gt(own[..., None]).sum(-1, dtype=torch.int32).transpose(0, 1)


@torch.inference_mode()
def by_comparing_probabilities(logits, answer):
    """On probabilities, which have the same order as the logits."""
    probabilities = logits[:, :, -1].softmax(-1)
    batch = torch.arange(len(answer))
    own = probabilities[:, batch, answer].unsqueeze(-1)
    return torch.count_nonzero(probabilities > own, dim=-1)

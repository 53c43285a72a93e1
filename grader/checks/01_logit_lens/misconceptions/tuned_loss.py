"""Wrong losses for the tuned lens that students write."""

import math

import torch


def _kl(log_p, log_q):
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def _log_q(lens, stack):
    return [lens(stack[i], i).log_softmax(-1) for i in range(len(stack) - 1)]


def teacher_not_detached(lens, stack, final_logits):
    """You let gradients flow into the teacher: it would learn to agree with the lens. Detach
    `final_logits`."""
    log_p = final_logits.log_softmax(-1)
    return torch.stack([_kl(log_p, log_q) for log_q in _log_q(lens, stack)]).mean()


def lens_detached(lens, stack, final_logits):
    """You cut the gradients of the lens (`detach` or `no_grad`): nothing would be trained. Only
    the teacher is detached."""
    log_p = final_logits.detach().log_softmax(-1)
    with torch.no_grad():
        loss = torch.stack([_kl(log_p, log_q) for log_q in _log_q(lens, stack)]).mean()
    return loss


def reversed(lens, stack, final_logits):
    """You compute KL(lens || final): the teacher's probabilities stand in front."""
    log_p = final_logits.detach().log_softmax(-1)
    return torch.stack([_kl(log_q, log_p) for log_q in _log_q(lens, stack)]).mean()


def hard_labels(lens, stack, final_logits):
    """You train on the teacher's top token (`argmax`) alone: the lens is to match the whole
    distribution."""
    labels = final_logits.argmax(-1, keepdim=True)
    losses = [-log_q.gather(-1, labels).mean() for log_q in _log_q(lens, stack)]
    return torch.stack(losses).mean()


def cross_entropy(lens, stack, final_logits):
    """You compute the cross-entropy: the KL also subtracts the teacher's own entropy, so that
    agreeing costs nothing."""
    p = final_logits.detach().softmax(-1)
    return torch.stack([-(p * log_q).sum(-1).mean() for log_q in _log_q(lens, stack)]).mean()


def squared_error_of_logits(lens, stack, final_logits):
    """You compare logits: a constant added to all logits changes no probability, yet it costs
    here. Compare distributions by KL."""
    teacher = final_logits.detach()
    losses = [(lens(stack[i], i) - teacher).square().mean() for i in range(len(stack) - 1)]
    return torch.stack(losses).mean()


def sum_over_layers(lens, stack, final_logits):
    """You sum over the layers: take the mean, so that a deeper model has no larger loss."""
    log_p = final_logits.detach().log_softmax(-1)
    return torch.stack([_kl(log_p, log_q).mean() for log_q in _log_q(lens, stack)]).sum()


def sum_over_the_batch(lens, stack, final_logits):
    """You sum over prompts and positions: take the mean."""
    log_p = final_logits.detach().log_softmax(-1)
    return torch.stack([_kl(log_p, log_q).sum() for log_q in _log_q(lens, stack)]).mean()


def sum_over_positions(lens, stack, final_logits):
    """You divide by the number of prompts only (`batchmean`): the positions are averaged too."""
    log_p = final_logits.detach().log_softmax(-1)
    losses = [_kl(log_p, log_q).sum(-1).mean() for log_q in _log_q(lens, stack)]
    return torch.stack(losses).mean()


def mean_over_the_vocabulary(lens, stack, final_logits):
    """You take the mean over the vocabulary (`reduction="mean"`): a KL sums over it."""
    log_p = final_logits.detach().log_softmax(-1)
    losses = [(log_p.exp() * (log_p - log_q)).mean() for log_q in _log_q(lens, stack)]
    return torch.stack(losses).mean()


def in_bits(lens, stack, final_logits):
    """Your loss is in bits: nats are asked for, the natural logarithm."""
    log_p = final_logits.detach().log_softmax(-1)
    losses = [_kl(log_p, log_q).mean() for log_q in _log_q(lens, stack)]
    return torch.stack(losses).mean() / math.log(2)


def last_layer_only(lens, stack, final_logits):
    """Your loop overwrites the loss, so that only the last layer's is left: collect one for each
    layer and take their mean."""
    log_p = final_logits.detach().log_softmax(-1)
    for log_q in _log_q(lens, stack):
        loss = _kl(log_p, log_q).mean()
    return loss


def embeddings_left_out(lens, stack, final_logits):
    """You leave out layer 0: its translator is trained like the others."""
    log_p = final_logits.detach().log_softmax(-1)
    return torch.stack([_kl(log_p, log_q).mean() for log_q in _log_q(lens, stack)[1:]]).mean()


def one_layer_late(lens, stack, final_logits):
    """You give translator i the stack's entry i + 1: entry i goes with translator i, and the last
    entry has none."""
    log_p = final_logits.detach().log_softmax(-1)
    losses = [
        _kl(log_p, lens(stack[i + 1], i).log_softmax(-1)).mean() for i in range(len(stack) - 1)
    ]
    return torch.stack(losses).mean()


def last_entry_counted(lens, stack, final_logits):
    """You count the stack's last entry as well (with the last translator): only the layers before
    it are translated."""
    log_p = final_logits.detach().log_softmax(-1)
    last = len(stack) - 2
    all_of_them = [*_log_q(lens, stack), lens(stack[-1], last).log_softmax(-1)]
    return torch.stack([_kl(log_p, log_q).mean() for log_q in all_of_them]).mean()


def layers_of_the_lens(lens, stack, final_logits):
    """You count the layers of the lens: how many there are follows from the stack, which can hold
    fewer."""
    log_p = final_logits.detach().log_softmax(-1)
    layers = range(len(lens.delta))
    losses = [_kl(log_p, lens(stack[i], i).log_softmax(-1)).mean() for i in layers]
    return torch.stack(losses).mean()


def lens_teaches_itself(lens, stack, final_logits):
    """Your teacher is the lens's own last layer: the teacher is the model, `final_logits`."""
    said = _log_q(lens, stack)
    teacher = said[-1].detach()
    return torch.stack([_kl(teacher, log_q).mean() for log_q in said]).mean()


def softmax_left_out(lens, stack, final_logits):
    """You use the lens's logits as log-probabilities: apply `log_softmax` first."""
    log_p = final_logits.detach().log_softmax(-1)
    losses = [_kl(log_p, lens(stack[i], i)).mean() for i in range(len(stack) - 1)]
    return torch.stack(losses).mean()


def softmax_over_positions(lens, stack, final_logits):
    """Your softmax runs over the positions: probabilities are over the vocabulary, `dim=-1`."""
    log_p = final_logits.detach().log_softmax(-2)
    losses = [_kl(log_p, lens(stack[i], i).log_softmax(-2)).mean() for i in range(len(stack) - 1)]
    return torch.stack(losses).mean()

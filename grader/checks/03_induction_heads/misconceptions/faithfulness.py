"""Wrong measures of faithfulness that students write."""

import torch


def _three(score, circuit):
    whole, none = torch.ones_like(circuit), torch.zeros_like(circuit)
    return float(score(circuit)), float(score(whole)), float(score(none))


def nothing_not_subtracted(score, circuit):
    """You divide F(C) by F(M): what is left without any head has to be taken off both."""
    part, whole, _ = _three(score, circuit)
    return part / whole


def subtracted_above_only(score, circuit):
    """You take F(nothing) off the circuit's score and not off the model's: off both."""
    part, whole, none = _three(score, circuit)
    return (part - none) / whole


def subtracted_below_only(score, circuit):
    """You take F(nothing) off the model's score and not off the circuit's: off both."""
    part, whole, none = _three(score, circuit)
    return part / (whole - none)


def what_is_missing(score, circuit):
    """You return the share that is missing: 1 is the whole model, 0 is nothing."""
    part, whole, none = _three(score, circuit)
    return (whole - part) / (whole - none)


def absolute_gap(score, circuit):
    """You return |F(M) - F(C)|, a number of logits: a share is asked for."""
    part, whole, _ = _three(score, circuit)
    return abs(whole - part)


def by_the_complement(score, circuit):
    """You ablate the circuit and look what is lost: keep the circuit, and ablate all others."""
    _, whole, none = _three(score, circuit)
    return (whole - score(~circuit)) / (whole - none)


def complement_scored(score, circuit):
    """You score the heads outside of the circuit: the mask is True at the heads that work."""
    _, whole, none = _three(score, circuit)
    return (score(~circuit) - none) / (whole - none)


def share_of_heads(score, circuit):
    """You return the share of heads that are in the circuit: the score has to be asked."""
    score(circuit)
    return circuit.double().mean().item()


def clipped(score, circuit):
    """You clip to between 0 and 1: a circuit may have more than the model, or less than nothing."""
    part, whole, none = _three(score, circuit)
    return min(max((part - none) / (whole - none), 0.0), 1.0)


def absolute_value(score, circuit):
    """You take the absolute value: a circuit may do the opposite of the model."""
    part, whole, none = _three(score, circuit)
    return abs((part - none) / (whole - none))


def upside_down(score, circuit):
    """Your fraction stands on its head: the circuit's part is above."""
    part, whole, none = _three(score, circuit)
    return (whole - none) / (part - none) if part != none else 0.0

"""Small trained networks to take apart (lab 06), and decompositions of some of them.

    t = targets.load("tms_5_2")              # t.weights, t.bias, t.forward(x, layers), t.sample
    d = targets.decomposition("tms_40_10")   # d.parts, d.gates, d.figures
    targets.names(); targets.decompositions()

What each learned, what the decompositions hold and where they are wrong: `README.md` beside this
file. ``python -m labkit.targets train`` makes the targets again, ``python -m grader.checkpoints``
the decompositions, which are the work of the lab's own functions.

    record       what a target and a decomposition are
    networks     the networks as functions of their layers
    toys         training: toy models of superposition, the residual MLP
    induction    training: lab 03's two-layer transformer
    shipped      loading and saving
"""

from labkit.targets.record import Decomposition, Gates, Kind, Parts, Target
from labkit.targets.shipped import (
    decomposition,
    decompositions,
    folder,
    load,
    names,
    save_decomposition,
)

__all__ = [
    "Decomposition",
    "Gates",
    "Kind",
    "Parts",
    "Target",
    "decomposition",
    "decompositions",
    "folder",
    "load",
    "names",
    "save_decomposition",
]

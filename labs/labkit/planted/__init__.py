"""Planted models: transformers written by hand, whose circuit is known exactly.

A seed decides where the circuit lies, in which basis, and what it says, so a finding is right or
wrong and differs from student to student. Each kind is a module with a ``build(seed)``; they are
put together from the same parts:

    subspaces   orthogonal directions of the residual stream, in a rotated basis
    heads       what one attention head looks for and writes
    blueprint   all weights of a model in the making, and an exact forward pass to calibrate them
    record      `Planted`, what comes out
    challenges  from a student's name to a seed and a file name

    stripes     where heads of an induction circuit look
    induction   a previous-token head and an induction head among decoys (lab 03)
    induction_circuit  the same in 2 to 4 layers, with an idle and an opposing double (lab 03)
    commitment  a decoy token on the lens, an eraser, a writer (lab 01)
    sites_wiring  features of tokens, heads that move them, gates that join them
    sites       models in which one site matters, or two, in a known way (lab 02)
    sites_challenge  two paths, one over a relay, that meet in a gate (lab 02)
    readouts    two features in activations, one used and one not (lab 04)
    readouts_challenge  a feature that is used, one that is idle, one that is erased (lab 04)
    sparse_features  sums of few directions, more of them than dimensions (lab 05)
    hierarchy   features that never come without another (lab 05)
    ring        activations on a circle, in a blob, at two ends (lab 05)
    dictionary_challenge  a dictionary with twins, an absorbed parent, a ring and a lever (lab 05)
    decomposition_challenge  a decomposed matrix, and four things wrong with it (lab 06)
    evidence_challenge  a feature that is used, one only present, one in the prompts alone (lab 07)
"""

from collections.abc import Callable

from labkit.errors import LabError
from labkit.planted import (
    commitment,
    decomposition_challenge,
    dictionary_challenge,
    evidence_challenge,
    induction,
    induction_circuit,
    readouts_challenge,
    sites_challenge,
)
from labkit.planted.challenges import challenge_file, challenge_seed
from labkit.planted.record import Planted, Truth

__all__ = ["KINDS", "Planted", "Truth", "build", "challenge_file", "challenge_seed"]

KINDS: dict[str, Callable[[int], Planted]] = {
    "commitment": commitment.build,
    "induction": induction.build,
    "induction_circuit": induction_circuit.build,
    "gate": sites_challenge.build,
    "readout": readouts_challenge.build,
    "dictionary": dictionary_challenge.build,
    "decomposition": decomposition_challenge.build,
    "evidence": evidence_challenge.build,
}


def build(kind: str, seed: int) -> Planted:
    """Build a planted model; equal arguments give equal weights.

    Args:
        kind: one of `KINDS`.
        seed: any integer.

    Raises:
        LabError: no such kind.
    """
    if kind not in KINDS:
        raise LabError(f"there is no planted model {kind!r}: choose from {', '.join(KINDS)}")
    return KINDS[kind](seed)

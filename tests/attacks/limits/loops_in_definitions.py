"""Computes without end while the notebook's definitions are run."""

SPOILS = True
LIMIT = "processor time"


class _Loops:
    while True:
        pass


def token_rank(logits, answer):
    return True

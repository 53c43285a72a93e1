"""Sleeps while the notebook's definitions are run, before any function is called."""

import time

SPOILS = True
LIMIT = "waiting"


class _Sleeps:
    for _ in range(100):
        time.sleep(10)


def token_rank(logits, answer):
    return True

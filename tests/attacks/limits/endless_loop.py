"""Computes without end."""

LIMIT = "processor time"


def token_rank(logits, answer):
    number = 0
    while True:
        number += 1

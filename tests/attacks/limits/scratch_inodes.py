"""Fills its own folder with ten thousand empty files, and folders a thousand deep."""

import os

LIMIT = "scratch space"


def token_rank(logits, answer):
    for number in range(10_000):
        with open(f"empty-{number}", "w"):
            pass
    for _ in range(1000):
        os.mkdir("deeper")
        os.chdir("deeper")
    return True

"""Computes without end in eight threads at once."""

import threading

import torch

LIMIT = "processor time"


def _spin():
    square = torch.rand(256, 256)
    while True:
        square = square @ square


def token_rank(logits, answer):
    threads = [threading.Thread(target=_spin, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

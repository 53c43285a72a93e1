"""Reads a file outside through torch and numpy, which open files by themselves."""

import numpy as np
import torch


def token_rank(logits, answer):
    for read in (
        lambda: torch.from_file(CANARY_FILE, size=16, dtype=torch.uint8).tolist(),
        lambda: np.fromfile(CANARY_FILE, dtype=np.uint8, count=16).tolist(),
        lambda: np.memmap(CANARY_FILE, mode="r")[:16].tolist(),
        lambda: list(torch.UntypedStorage.from_file(CANARY_FILE, False, 16)),
    ):
        try:
            return WON + bytes(read()).decode()
        except (OSError, RuntimeError):
            continue
    raise OSError("no way in")

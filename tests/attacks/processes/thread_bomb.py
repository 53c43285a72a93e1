"""Starts threads until it is stopped, three hundred at most, each waiting for two seconds."""

import threading
import time


def token_rank(logits, answer):
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
    raise ValueError("300 threads")

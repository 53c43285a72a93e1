"""Forks until it is stopped, three hundred times at most; the children wait for three seconds."""

import os
import time


def token_rank(logits, answer):
    born = 0
    try:
        for _ in range(300):
            if os.fork() == 0:
                time.sleep(3)
                os._exit(0)
            born += 1
    except OSError:
        pass
    if born:
        return f"{WON}: {born} processes"
    raise OSError("no process of its own")

"""Leaves a process behind, in a session of its own, which writes to the canary a second later
and again when the next student is graded."""

import os
import time


def token_rank(logits, answer):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for _ in range(10):
                time.sleep(1)
                try:
                    with open(CANARY_FILE, "a") as canary:
                        canary.write("still here")
                except OSError:
                    continue
        os._exit(0)
    return WON

"""Takes half a second to define, and ends its process with every call: each check starts anew."""

import os
import time


class _Slow:
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass


def token_rank(logits, answer):
    os._exit(3)

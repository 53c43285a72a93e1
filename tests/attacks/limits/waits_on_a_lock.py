"""Waits for itself: a lock taken twice, a pipe that nobody writes to, a queue that stays empty."""

import os
import threading

LIMIT = "waiting"


def token_rank(logits, answer):
    reader, _writer = os.pipe()
    threading.Thread(target=os.read, args=(reader, 1), daemon=True).start()
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()

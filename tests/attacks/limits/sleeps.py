"""Sleeps past every limit, deaf to signals."""

import signal
import time

LIMIT = "waiting"


def token_rank(logits, answer):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGALRM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(600)

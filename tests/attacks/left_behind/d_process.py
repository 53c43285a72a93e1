"""Leaves what runs on: a daemon, a thread, a timer, all of which speak on an abstract socket."""

import os
import signal
import socket
import threading
import time


def _speak():
    line = socket.socket(socket.AF_UNIX)
    line.bind("\0interp-attack-left")
    line.listen()
    time.sleep(30)


def token_rank(logits, answer):
    threading.Thread(target=_speak, daemon=True).start()
    signal.setitimer(signal.ITIMER_REAL, 20)
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(30)
            os._exit(0)
    except OSError:
        pass
    raise ValueError("what could be left is running")

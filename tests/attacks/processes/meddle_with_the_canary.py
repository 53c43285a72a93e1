"""Changes a process outside without a signal: priority, processors, limits; takes a descriptor."""

import ctypes
import os
import resource


def token_rank(logits, answer):
    libc = ctypes.CDLL(None, use_errno=True)
    for meddle in (
        lambda: os.setpriority(os.PRIO_PROCESS, CANARY_PID, 19),
        lambda: resource.prlimit(CANARY_PID, resource.RLIMIT_CORE, (0, 0)),
        lambda: os.sched_setaffinity(CANARY_PID, {0}),
        lambda: os.sched_getaffinity(CANARY_PID),
        lambda: os.getsid(CANARY_PID),
    ):
        try:
            meddle()
        except OSError:
            continue
        return WON
    pidfd = libc.syscall(434, CANARY_PID, 0)
    if pidfd >= 0 and libc.syscall(438, pidfd, 1, 0) >= 0:
        return WON
    raise OSError(ctypes.get_errno(), "nothing reached it")

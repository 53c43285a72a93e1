"""Leaves memory that outlives its process: System V and POSIX shared memory, a message queue, a
semaphore, a key in the kernel's keyring."""

import ctypes

KEY = 0x1A775


def token_rank(logits, answer):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmget(KEY, 4096, 0o1666)
    libc.msgget(KEY, 0o1666)
    libc.semget(KEY, 1, 0o1666)
    libc.shm_open(b"/interp-attack-left", 0o102, 0o666)
    libc.sem_open(b"/interp-attack-left", 0o100, 0o666, 1)
    libc.mq_open(b"/interp-attack-left", 0o102, 0o666, None)
    libc.syscall(248, b"user", b"interp-attack", b"left", 4, -4)  # add_key, this user's keyring
    raise ValueError("what could be left is there")

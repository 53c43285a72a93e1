"""seccomp: system calls that no exercise needs are refused.

A filter of the kernel's (linux/seccomp.h, linux/filter.h) looks at each call's number and first
argument. Refused are new processes and programs, sockets, signals to others, looking into other
processes, mounts and namespaces, shared memory that outlives a process, and rarely used doors of
the kernel. Threads are allowed. Numbers are from the kernel's tables (asm/unistd_64.h for x86-64,
asm-generic/unistd.h for aarch64).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass

from grader.sandbox.kernel import check, libc

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF instructions
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in seccomp_data
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000  # x86-64 has a second set of numbers from here on
_PR_SET_PDEATHSIG = 1

# "clone", "kill", "tgkill", "prlimit64" and "prctl" are decided by their first argument, below.
_X86_64 = {
    "clone": 56, "kill": 62, "tgkill": 234, "prlimit64": 302, "prctl": 157,
    "fork": 57, "vfork": 58, "execve": 59, "socket": 41,
    "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65, "semctl": 66,
    "semtimedop": 220, "msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "mq_open": 240,
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297,
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
    "mknod": 133, "mknodat": 259, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "add_key": 248, "request_key": 249, "keyctl": 250, "syslog": 103, "personality": 135,
    "adjtimex": 159, "settimeofday": 164, "clock_settime": 227, "clock_adjtime": 305,
    "acct": 163, "swapon": 167, "swapoff": 168, "reboot": 169, "quotactl": 179,
    "sethostname": 170, "setdomainname": 171, "vhangup": 153, "iopl": 172, "ioperm": 173,
    "modify_ldt": 154, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "kexec_load": 246, "kexec_file_load": 320, "perf_event_open": 298, "bpf": 321,
    "userfaultfd": 323, "fanotify_init": 300, "io_setup": 206, "vmsplice": 278,
    "move_pages": 279, "execveat": 322,
}  # fmt: skip
_AARCH64 = {
    "clone": 220, "kill": 129, "tgkill": 131, "prlimit64": 261, "prctl": 167,
    "execve": 221, "socket": 198,
    "shmget": 194, "shmat": 196, "shmctl": 195, "semget": 190, "semop": 193, "semctl": 191,
    "semtimedop": 192, "msgget": 186, "msgsnd": 189, "msgrcv": 188, "msgctl": 187, "mq_open": 180,
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "tkill": 130, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240,
    "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
    "mknodat": 33, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "add_key": 217, "request_key": 218, "keyctl": 219, "syslog": 116, "personality": 92,
    "adjtimex": 171, "settimeofday": 170, "clock_settime": 112, "clock_adjtime": 266,
    "acct": 89, "swapon": 224, "swapoff": 225, "reboot": 142, "quotactl": 60,
    "sethostname": 161, "setdomainname": 162, "vhangup": 58, "init_module": 105,
    "finit_module": 273, "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294,
    "perf_event_open": 241, "bpf": 280, "userfaultfd": 282, "fanotify_init": 262, "io_setup": 0,
    "vmsplice": 75, "move_pages": 239, "execveat": 281,
}  # fmt: skip
_SINCE_424 = {  # from here on every architecture has the same numbers
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434, "clone3": 435,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
    "memfd_secret": 447, "process_mrelease": 448,
}  # fmt: skip

_BY_ARGUMENT = frozenset({"clone", "kill", "tgkill", "prlimit64", "prctl"})
_NEW_PROCESS = frozenset({"fork", "vfork", "execve", "execveat"})


@dataclass(frozen=True)
class Architecture:
    """What the kernel calls a processor, and its numbers of system calls."""

    audit: int  # linux/audit.h
    calls: dict[str, int]


def architecture() -> Architecture | None:
    """Return this machine's tables; None where there are none here."""
    if platform.system() != "Linux" or struct.calcsize("P") != 8:
        return None
    match platform.machine():
        case "x86_64":
            return Architecture(0xC000003E, _X86_64 | _SINCE_424)
        case "aarch64":
            return Architecture(0xC00000B7, _AARCH64 | _SINCE_424)
    return None


def refuse_calls() -> None:
    """Install the filter in the calling process; what it starts inherits it, nothing lifts it.

    Raises:
        OSError: the kernel refuses, or has no numbers here.
    """
    machine = architecture()
    if machine is None:
        raise OSError(errno.ENOSYS, "seccomp: no table of system calls for this machine")
    program = _filter(machine, os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    check(libc().prctl(_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0), "seccomp filter")


def _filter(machine: Architecture, own: int) -> bytes:
    """Assemble the filter for a process whose id is ``own``."""
    calls = machine.calls
    refuse, again = _ERRNO | errno.EPERM, _ERRNO | errno.EAGAIN
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, machine.audit, 1, 0),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
    ]
    if machine.audit == 0xC000003E:
        lines += [_line(_AT_LEAST, _X32, 0, 1), _line(_RETURN, refuse)]
    for name, number in sorted(calls.items()):
        if name in _BY_ARGUMENT:
            continue
        answer = refuse
        if name == "clone3":  # its flags lie in memory: the C library falls back to clone
            answer = _ERRNO | errno.ENOSYS
        elif name in _NEW_PROCESS:  # the error of a used-up process limit
            answer = again
        elif name == "socket":
            answer = _ERRNO | errno.EACCES
        lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, answer)]
    # Only a thread may be cloned.
    lines += [
        _line(_EQUAL, calls["clone"], 0, 4),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _line(_RETURN, again),
        _line(_RETURN, _ALLOW),
    ]
    # A signal only to itself; limits only its own (0 means that too).
    for name, allowed in (("kill", [own]), ("tgkill", [own]), ("prlimit64", [0, own])):
        tests = [_line(_EQUAL, pid, len(allowed) - n, 0) for n, pid in enumerate(allowed)]
        lines += [
            _line(_EQUAL, calls[name], 0, 3 + len(tests)),
            _line(_LOAD, _FIRST_ARGUMENT),
            *tests,
            _line(_RETURN, refuse),
            _line(_RETURN, _ALLOW),
        ]
    # It may not outlive its parent.
    lines += [
        _line(_EQUAL, calls["prctl"], 0, 4),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_EQUAL, _PR_SET_PDEATHSIG, 0, 1),
        _line(_RETURN, refuse),
        _line(_RETURN, _ALLOW),
        _line(_RETURN, _ALLOW),
    ]
    return b"".join(lines)


def _line(code: int, value: int, jump_true: int = 0, jump_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jump_true, jump_false, value & 0xFFFFFFFF)

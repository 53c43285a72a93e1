"""Reads the memory map, the memory, the open files and the folder of other processes."""

import os


def token_rank(logits, answer):
    for pid in {CANARY_PID, os.getppid()} - {0, 1}:
        for name in ("maps", "mem", "fd", "cwd", "root", "stack", "io", "task"):
            path = f"/proc/{pid}/{name}"
            try:
                if name in ("fd", "task"):
                    os.listdir(path)
                elif name in ("cwd", "root"):
                    os.listdir(path + "/")
                else:
                    with open(path, "rb") as file:
                        file.read(10)
            except OSError:
                continue
            return WON
    raise OSError("no other process is to be seen")

"""Writes to, truncates, removes and replaces a file outside, in every way that Python has."""

import os
import shutil


def token_rank(logits, answer):
    folder = os.path.dirname(CANARY_FILE)
    for harm in (
        lambda: open(CANARY_FILE, "a").write(WON), lambda: os.truncate(CANARY_FILE, 0),
        lambda: os.chmod(CANARY_FILE, 0o777), lambda: os.utime(CANARY_FILE, (1, 1)),
        lambda: os.unlink(CANARY_FILE), lambda: shutil.rmtree(folder),
        lambda: os.mkdir(folder + "/made"), lambda: os.mkfifo(folder + "/fifo"),
        lambda: os.setxattr(CANARY_FILE, "user.canary", b"1"),
    ):  # fmt: skip
        try:
            harm()
        except OSError:
            continue
        return WON
    raise OSError("no way in")

"""Makes links to a file outside and reads, renames or overwrites it through them."""

import os
import pathlib


def token_rank(logits, answer):
    for make in (os.symlink, os.link):
        try:
            make(CANARY_FILE, "link")
            pathlib.Path("link").write_text(WON)
            return WON + pathlib.Path("link").read_text()
        except OSError:
            pathlib.Path("link").unlink(missing_ok=True)
    os.rename(CANARY_FILE, "stolen")
    return WON

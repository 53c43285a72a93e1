"""What happens to a notebook's file: encodings, cuts, and what is no notebook any more."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from random import Random

from tests.fuzz.draft import FILE, DoesNotApply, Draft, Kept, Lost


def is_cut_off(draw: Random, draft: Draft) -> Lost:
    """The upload stopped at any byte."""
    data = draft.bytes()
    draft.data = data[: draw.randrange(1, max(2, len(data)))]
    return "all"


def has_a_byte_order_mark(draw: Random, draft: Draft) -> Kept:
    """As Windows' editors write."""
    draft.data = b"\xef\xbb\xbf" * draw.choice([1, 1, 2]) + draft.bytes()


def is_in_another_unicode(draw: Random, draft: Draft) -> Kept:
    """UTF-16 or UTF-32, with a mark or without."""
    encodings = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
    draft.data = draft.bytes().decode("utf-8", "replace").encode(draw.choice(encodings))


def is_cut_off_in_another_unicode(draw: Random, draft: Draft) -> Lost:
    """UTF-16, stopped in the middle of a letter."""
    data = draft.bytes().decode("utf-8", "replace").encode("utf-16")
    draft.data = data[: draw.randrange(3, len(data)) | 1]
    return "all"


def is_in_latin_1(draw: Random, draft: Draft) -> Kept:
    """Another program saved it, with letters that are no UTF-8."""
    if not draft.notebook:
        raise DoesNotApply
    text = json.dumps(draft.notebook | {"author": "José"}, ensure_ascii=False, indent=1)
    draft.data = text.encode("latin-1", "replace")


def has_bytes_of_no_encoding(draw: Random, draft: Draft) -> Kept:
    """A half of a surrogate pair, an overlong form, a stray byte, in a heading."""
    if b"Lab 01" not in draft.bytes():
        raise DoesNotApply
    stray = draw.choice([b"\xed\xa0\x80", b"\xc0\x80", b"\xff", b"\xf8\x88\x80\x80\x80", b"\xe9"])
    draft.data = draft.bytes().replace(b"Lab 01", b"Lab " + stray, 1)


def has_null_bytes_inside(draw: Random, draft: Draft) -> Lost:
    """Somewhere, a few bytes are zero."""
    data = bytearray(draft.bytes())
    for _ in range(draw.choice([1, 1, 5, 500])):
        data[draw.randrange(len(data))] = 0
    draft.data = bytes(data)
    return "all"


def has_null_bytes_behind(draw: Random, draft: Draft) -> Kept:
    """A crash left the end of the disk block."""
    draft.data = draft.bytes() + b"\0" * draw.choice([1, 511, 4096])


def has_a_byte_changed(draw: Random, draft: Draft) -> Lost:
    """Any bytes, any values."""
    data = bytearray(draft.bytes())
    for _ in range(draw.choice([1, 2, 20])):
        data[draw.randrange(len(data))] = draw.randrange(256)
    draft.data = bytes(data)
    return "all"


def has_windows_line_ends(draw: Random, draft: Draft) -> Kept:
    """Of the file, between its values."""
    draft.data = draft.bytes().replace(b"\n", b"\r\n")


def is_written_another_way(draw: Random, draft: Draft) -> Kept:
    """On one line, with tabs, sorted by keys."""
    if not draft.notebook:
        raise DoesNotApply
    indent = draw.choice([None, "\t", 4])
    draft.data = json.dumps(draft.notebook, indent=indent, sort_keys=True).encode()


def has_keys_twice(draw: Random, draft: Draft) -> Kept:
    """Of two equal keys the last counts, as in Jupyter."""
    draft.data = b'{"cells": [], "nbformat": 3, "metadata": 1,' + _inner(draft)


def has_its_cells_replaced(draw: Random, draft: Draft) -> Lost:
    """A second ``cells`` at the end, which counts."""
    draft.data = b"{" + _inner(draft).rstrip()[:-1] + b', "cells": []}'
    return "all"


def goes_very_deep(draw: Random, draft: Draft) -> Lost:
    """A hundred thousand brackets."""
    one, other = draw.choice([(b"[", b"]"), (b'{"a":', b"}")])
    draft.data = b'{"deep": ' + one * 100_000 + b"1" + other * 100_000 + b"," + _inner(draft)
    return "all"


def has_something_behind(draw: Random, draft: Draft) -> Lost:
    """Two notebooks in one file, or half a mail."""
    draft.data = draft.bytes() + draw.choice([draft.bytes(), b"\n-- \nSent from my phone", b"}"])
    return "all"


def has_a_merge_conflict(draw: Random, draft: Draft) -> Lost:
    """git's marks are still in it."""
    lines = draft.bytes().split(b"\n")
    place = draw.randrange(len(lines))
    lines[place : place + 1] = [b"<<<<<<< HEAD", lines[place], b"=======", b"x", b">>>>>>> main"]
    draft.data = b"\n".join(lines)
    return "all"


def is_no_notebook(draw: Random, draft: Draft) -> Lost:
    """Nothing, blanks, a script, a web page, a picture, other JSON."""
    draft.data = draw.choice(
        [
            b" \n\t ", b"\xef\xbb\xbf", b"\0" * 9000, b"def final_norm(x):\n    return x\n",
            b"{}", b"[]", b"<!DOCTYPE html><html></html>", b"<html>", b"\x89PNG\r\n\x1a\n\0\0",
            b"%PDF-1.7 \xe2\xe3", b"null", b'"text"', b"3", b"NaN", b'{"nbformat": 4}',
            b'{"a": 1}', b"{'cells': []}",
        ]
    )  # fmt: skip
    return "all"


def is_packed(draw: Random, draft: Draft) -> Lost:
    """A zip or gzip with a notebook's name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr(FILE, draft.bytes())
    draft.data = draw.choice([packed.getvalue(), gzip.compress(draft.bytes(), mtime=0)])
    return "all"


def _inner(draft: Draft) -> bytes:
    """The file without its first bracket."""
    data = draft.bytes().lstrip()
    if not draft.notebook or not data.startswith(b"{"):
        raise DoesNotApply
    return data[1:]

"""Seeds hang on the secret and on every label, and on nothing else."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path

import pytest
from labkit import planted

from grader import seeds
from grader.errors import UserError
from grader.seeds import PUBLIC, Secret, draw

SECRET = Secret(b"sixteen bytes and more")


def test_a_seed_is_fixed_by_secret_and_labels_for_good() -> None:
    # A changed value would re-mark every course that is running.
    assert draw(SECRET, "check", "01_logit_lens", "ada") == 528158817699955821
    assert draw(PUBLIC, "check", "01_logit_lens", "ada") == 3529705738367350589


def test_seeds_fill_63_bits_and_torch_and_numpy_take_them() -> None:
    values = [draw(SECRET, str(n)) for n in range(2000)]
    assert len(set(values)) == 2000
    assert all(0 <= value < 1 << 63 for value in values)
    for bit in range(63):
        assert 850 < sum(value >> bit & 1 for value in values) < 1150


def test_every_label_and_their_order_count() -> None:
    drawn = {
        draw(SECRET, *labels)
        for labels in itertools.chain.from_iterable(
            itertools.permutations(["check", "ada", "01", ""], n) for n in range(5)
        )
    }
    assert len(drawn) == 1 + 4 + 12 + 24 + 24
    assert draw(SECRET, "x") != draw(Secret(SECRET.key + b"."), "x")


def test_no_character_moves_text_from_one_label_to_another() -> None:
    for joint in ("\x00", "\n", "/", "_", "", "\x00\x00\x00\x00\x00\x00\x00\x01"):
        assert draw(SECRET, f"a{joint}b") != draw(SECRET, "a", "b")
        assert draw(SECRET, f"a{joint}b", "c") != draw(SECRET, "a", f"b{joint}c")


def test_any_text_can_be_a_label() -> None:
    strange = ["", "\ud800", "\udce9", "é", "\U0001f600", "\x00", "a" * 100_000]
    assert len({draw(SECRET, label) for label in strange}) == len(strange)


def test_a_secret_is_read_from_its_file_without_white_space(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"  0123456789abcdef\r\n")
    assert Secret.read(path) == Secret(b"0123456789abcdef")
    path.write_bytes(bytes(range(128, 160)))  # any bytes, not only text
    assert Secret.read(path).key == bytes(range(128, 160))


@pytest.mark.parametrize("content", [b"", b"fifteen bytes..", b"short\n" + b" " * 40])
def test_a_short_secret_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(UserError, match="shorter than 16 bytes: make one with") as caught:
        Secret.read(path)
    assert content == b"" or content.decode() not in str(caught.value)


def test_a_secret_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(UserError, match="cannot read the secret file"):
            Secret.read(path)


def test_a_secret_does_not_show() -> None:
    for text in (repr(SECRET), str(SECRET), f"{[SECRET]}", f"{ {'s': SECRET} }"):
        assert "sixteen" not in text


SPELLINGS = [
    ("ada", ["Ada", " ADA ", "ada\n", "\tada"]),
    ("ada lovelace", ["Ada  Lovelace", "ada\u00a0lovelace"]),
    ("josé", ["JOSÉ", unicodedata.normalize("NFD", "José"), " josé"]),
    ("straße", ["STRASSE", "Straße"]),
    ("ａｄａ", ["ADA"]), ("ﬁona", ["Fiona"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "others"), SPELLINGS)
def test_a_student_is_the_same_however_spelt_and_labkit_agrees(
    name: str, others: list[str]
) -> None:
    lab = "01_logit_lens"
    for other in others:
        assert planted.challenge_file(other) == planted.challenge_file(name)
        for secret in (SECRET, PUBLIC):
            mine, theirs = (seeds.challenge_seed(secret, who, lab) for who in (name, other))
            assert mine == theirs


def test_the_challenge_is_labkits_without_a_secret_and_another_with_one() -> None:
    lab = "01_logit_lens"
    assert seeds.challenge_seed(PUBLIC, "ada", lab) == planted.challenge_seed(lab, "ada")
    drawn = {
        seeds.challenge_seed(secret, who, where)
        for secret in (PUBLIC, SECRET, Secret(b"another secret of the course"))
        for who in ("ada", "bob", "ada bob")
        for where in (lab, "03_induction_heads")
    }
    assert len(drawn) == 18


def test_what_a_worker_is_given_does_not_tell_the_checks_seed() -> None:
    own = [draw(SECRET, str(n)) for n in range(500)]
    given = [seeds.handed_over(seed) for seed in own]
    assert len(set(given)) == 500
    assert all(0 <= seed < 1 << 63 for seed in given)
    for bit in range(63):  # no bit of the one can be read off the other
        assert 180 < sum((a ^ b) >> bit & 1 for a, b in zip(own, given, strict=True)) < 320

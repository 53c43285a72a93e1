"""The probing data: balanced twins, labels that follow from the text, activations in place."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch
from labkit import models, probing
from labkit.errors import LabError
from labkit.probing import truth
from labkit.probing.record import Labelled

SEEDS = range(60)
PER_TEXT = [feature for feature in probing.FEATURES if feature != "quotes"]


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[a-z]+", text.lower()))


class Letters:
    """A tokenizer that makes a token of each pair of characters, and puts a BOS before them."""

    all_special_ids = (0,)

    def encode(self, text: str) -> list[int]:
        pairs = [text[start : start + 2] for start in range(0, len(text), 2)]
        return [0, *(1 + 128 * ord(pair[0]) + ord(pair[1:] or "\0") for pair in pairs)]

    def decode(self, ids: list[int]) -> str:
        return "".join(
            chr((token - 1) // 128) + chr((token - 1) % 128).strip("\0") for token in ids
        )


@pytest.fixture(scope="module")
def model():
    tiny = models.random(seed=1, d_vocab=128 * 128 + 1, n_ctx=128)
    tiny.tokenizer = Letters()
    tiny.to_tokens = lambda text: torch.tensor([tiny.tokenizer.encode(text)])
    return tiny


@pytest.mark.parametrize("feature", probing.FEATURES)
def test_twins_differ_in_the_label_alone(feature: str) -> None:
    for seed in SEEDS:
        data = probing.labelled(feature, pairs=6, seed=seed)
        assert len(data) == len(data.texts) == len(set(data.texts)) == 120
        assert data.labels.tolist() == [False, True] * 60
        assert torch.equal(data.groups, torch.arange(10).repeat_interleave(12))
        for part in (data.groups, data.fillers):
            assert torch.equal(part[::2], part[1::2])
        assert all(text == text.strip() and text[0] in '"' + text[0].upper() for text in data.texts)
        for without, having in zip(data.texts[::2], data.texts[1::2], strict=True):
            one, other = _words(without), _words(having)
            assert (one - other).total() <= 2
            assert (one == other) == (feature == "quotes")


@pytest.mark.parametrize("feature", [f for f in PER_TEXT if f != "truth"])
def test_the_last_word_says_nothing(feature: str) -> None:
    for seed in SEEDS:
        data = probing.labelled(feature, seed=seed)
        last = [text.split()[-1] for text in data.texts]
        assert last[::2] == last[1::2]


def test_no_attribute_is_mostly_true() -> None:
    """Over many seeds each attribute is as often right as wrong."""
    right, wrong = Counter[str](), Counter[str]()
    for seed in SEEDS:
        data = probing.labelled("truth", seed=seed)
        for text, label, group in zip(
            data.texts, data.labels.tolist(), data.groups.tolist(), strict=True
        ):
            pattern = re.escape(truth.TEMPLATES[group])
            pattern = pattern.replace(r"\{subject\}", "(?P<s>.+)").replace(
                r"\{attribute\}", "(?P<a>.+)"
            )
            match = re.fullmatch(pattern, text, re.IGNORECASE)
            assert match is not None
            (right if label else wrong)[match["a"]] += 1
    for attribute in right | wrong:
        share = right[attribute] / (right[attribute] + wrong[attribute])
        assert 0.35 < share < 0.65, attribute


def test_quotations_open_and_close_where_they_should() -> None:
    for seed in SEEDS:
        data = probing.labelled("quotes", seed=seed)
        assert data.per_token and data.spans is not None
        for text, label, spans in zip(data.texts, data.labels.tolist(), data.spans, strict=True):
            assert text.count('"') == (1 if label else 2)
            ((start, stop),) = spans
            assert text[start] == '"'
            assert stop == len(text) if label else text[stop] == '"' and stop > start


def test_the_same_arguments_give_the_same_texts() -> None:
    for feature in probing.FEATURES:
        one, same, other = (probing.labelled(feature, seed=seed) for seed in (3, 3, 4))
        assert one.texts == same.texts != other.texts
        assert not one.per_token or feature == "quotes"


def test_what_cannot_be_had_is_said_in_one_line() -> None:
    with pytest.raises(LabError, match="no feature 'mood': choose from quotes, sentiment"):
        probing.labelled("mood")
    with pytest.raises(LabError, match=r"template 0 of 'country' gives no more than \d+ pairs"):
        probing.labelled("country", pairs=500)


def test_a_label_for_each_token_of_a_quotation(model) -> None:
    text = 'ab"cd"ef"g'
    spans = ((2, 5), (8, 10))
    data = Labelled(
        "quotes", ("outside", "inside"), (text,), torch.tensor([True]), torch.tensor([4]),
        torch.tensor([7]), spans,
    )  # fmt: skip
    data = Labelled(**{**vars(data), "spans": (spans,)})
    places = probing.examples(model, data)
    # Tokens: BOS, ab, "c, d", ef, "g; the state after each.
    assert places.labels.tolist() == [False, True, False, False, True]
    assert places.position.tolist() == [1, 2, 3, 4, 5]
    assert model.tokenizer.decode(places.token.tolist()) == text
    assert places.groups.tolist() == [4] * 5 and places.fillers.tolist() == [7] * 5


@pytest.mark.parametrize("feature", PER_TEXT)
def test_one_place_for_each_text(model, feature: str) -> None:
    data = probing.labelled(feature, pairs=2)
    places = probing.examples(model, data)
    assert len(places) == len(data)
    assert torch.equal(places.labels, data.labels)
    assert torch.equal(places.groups, data.groups)
    ends = [len(model.tokenizer.encode(text)) - 1 for text in data.texts]
    assert places.position.tolist() == ends


def test_activations_are_the_streams_of_their_places(model) -> None:
    places = probing.examples(model, probing.labelled("quotes", pairs=2))
    rows = torch.randperm(len(places), generator=torch.Generator().manual_seed(0))[:40]
    some = places.where(rows)
    acts = probing.activations(model, some)
    assert acts.shape == (4, 40, 24) and acts.dtype == torch.float32
    for row in range(0, 40, 7):
        tokens = model.to_tokens(some.texts[some.text[row]])
        with torch.no_grad():
            _, cache = model.run_with_cache(tokens)
        streams = [cache["resid_pre", 0], *(cache["resid_post", layer] for layer in range(3))]
        expected = torch.stack([stream[0, some.position[row]] for stream in streams])
        # Rows of other batch sizes: float32 sums in another order.
        torch.testing.assert_close(acts[:, row], expected, atol=1e-4, rtol=1e-4)
    few = probing.activations(model, some, layers=[3, 0])
    torch.testing.assert_close(few, acts[[3, 0]])


def test_a_layer_that_is_not_there_is_refused(model) -> None:
    places = probing.examples(model, probing.labelled("tense", pairs=1))
    with pytest.raises(LabError, match="has layers 0 to 3"):
        probing.activations(model, places, layers=[4])


def test_a_tokenizer_that_drops_characters_is_refused(model, monkeypatch) -> None:
    monkeypatch.setattr(model.tokenizer, "decode", lambda ids: "x")
    with pytest.raises(LabError, match="does not spell out"):
        probing.examples(model, probing.labelled("quotes", pairs=1))

"""The prompts hold on the real model, and batches of them keep every token."""

from __future__ import annotations

import pytest
import torch
from labkit import data
from labkit.errors import LabError
from transformer_lens.model_bridge import TransformerBridge


def test_every_fact_is_one_token_and_the_first_choice(smollm2: TransformerBridge) -> None:
    batches = data.batches(smollm2, data.FACTS)
    assert sum(len(batch.prompts) for batch in batches) == len(data.FACTS)
    for batch in batches:
        with torch.no_grad():
            p = smollm2(batch.tokens)[:, -1].softmax(-1)
        for row, prompt in enumerate(batch.prompts):
            assert smollm2.to_string(batch.tokens[row]) == prompt.text
            assert smollm2.to_string(batch.answers[row, None]) == prompt.answer
            assert p[row].argmax() == batch.answers[row], prompt
            assert p[row].max() >= 0.4, prompt


def test_the_eiffel_prompt_is_first() -> None:
    assert data.FACTS[0] is data.EIFFEL
    assert data.EIFFEL.text == "The Eiffel Tower is located in the city of"
    assert len({prompt.text for prompt in data.FACTS}) == len(data.FACTS)


def test_an_answer_of_several_tokens_is_refused(smollm2: TransformerBridge) -> None:
    with pytest.raises(LabError, match="2 tokens"):
        data.single_token(smollm2, " yen")


def test_the_sentences_are_many_and_disjoint() -> None:
    train, valid = data.TRAIN_SENTENCES, data.VALID_SENTENCES
    assert len(train) >= 60
    assert len(valid) >= 20
    assert len({*train, *valid}) == len(train) + len(valid)
    assert all(20 < len(text) < 90 and text.endswith(".") for text in (*train, *valid))


def test_rows_hold_the_texts_in_order(smollm2: TransformerBridge) -> None:
    rows = data.token_rows(smollm2, data.TRAIN_SENTENCES, length=16)
    assert rows.shape[1] == 16
    assert len(rows) > 50
    whole = " ".join(data.TRAIN_SENTENCES)
    assert whole.startswith(smollm2.to_string(rows.flatten()))
    with pytest.raises(LabError, match="do not fill"):
        data.token_rows(smollm2, ["Too short."], length=16)


def test_rows_open_with_bos_where_prompts_do(
    smollm2: TransformerBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = data.token_rows(smollm2, data.VALID_SENTENCES, length=9)
    monkeypatch.setattr(smollm2.cfg, "default_prepend_bos", True)
    rows = data.token_rows(smollm2, data.VALID_SENTENCES, length=10)
    assert (rows[:, 0] == smollm2.tokenizer.bos_token_id).all()
    assert torch.equal(rows[:, 1:], plain)

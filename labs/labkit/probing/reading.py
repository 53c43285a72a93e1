"""From texts to examples, and from examples to activations: what a probe is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit.errors import LabError
from labkit.probing.record import Labelled, Span

_ROWS = 32  # of one forward pass
_FEW = 4  # passes that need no progress bar


@dataclass(frozen=True, eq=False)
class Examples:
    """Places in texts, one row for each: a token, its label, and where it comes from.

    Attributes:
        texts: all texts; ``text`` counts in these.
        text: which text.
        position: which token of it, counted from 0.
        token: the token's id.
        labels: what holds once this token has been read.
        groups, fillers: the text's: see `Labelled`.
    """

    texts: tuple[str, ...]
    text: Int[Tensor, " example"]
    position: Int[Tensor, " example"]
    token: Int[Tensor, " example"]
    labels: Bool[Tensor, " example"]
    groups: Int[Tensor, " example"]
    fillers: Int[Tensor, " example"]

    def __len__(self) -> int:
        return len(self.text)

    def where(self, rows: Tensor) -> Examples:
        """Return some of the examples: ``rows`` is a mask over them or a list of their numbers."""
        parts = (self.text, self.position, self.token, self.labels, self.groups, self.fillers)
        return Examples(self.texts, *(part[rows] for part in parts))


def examples(model: TransformerBridge, data: Labelled) -> Examples:
    """List the places of a data set at which its feature has a label.

    For a feature of whole texts that is the last token of each text. For one that comes and goes
    (`Labelled.per_token`) it is every token but the first: the label says whether the feature holds
    right after the token's last character, so an opening mark is inside and a closing one outside.
    The first token is left out because many models, ``smollm2`` too, use it as a place to attend to
    when there is nothing to attend to; its activations are enormous and say little.

    Args:
        model: gives the tokenizer; BOS as the model's default has it.

    Raises:
        LabError: a text that the tokenizer does not spell out as it stands.
    """
    rows: list[tuple[int, int, int, bool]] = []
    for number, text in enumerate(data.texts):
        ids = model.to_tokens(text)[0].tolist()
        if data.spans is None:
            rows.append((number, len(ids) - 1, ids[-1], bool(data.labels[number])))
            continue
        ends = _ends(model, text, ids)
        for place in range(1, len(ids)):
            rows.append((number, place, ids[place], _inside(ends[place], data.spans[number])))
    of_text, position, token, labels = (torch.tensor(column) for column in zip(*rows, strict=True))
    return Examples(
        data.texts, of_text, position, token, labels, data.groups[of_text], data.fillers[of_text]
    )


def activations(
    model: TransformerBridge, places: Examples, layers: Sequence[int] | None = None
) -> Float[Tensor, "layer example d_model"]:
    """Run a model over texts and keep its residual stream at the examples' places.

    Layer 0 is the embedding, layer l the stream after l blocks; so there are ``n_layers + 1``.
    Texts of equal length run together and nothing is padded.

    Args:
        model: on any device; the result is float32 on the CPU.
        places: from `examples`.
        layers: which; by default all of them.

    Raises:
        LabError: a layer that the model does not have.
    """
    last = model.cfg.n_layers
    wanted = list(range(last + 1)) if layers is None else list(layers)
    if not all(0 <= layer <= last for layer in wanted):
        raise LabError(f"{model.cfg.model_name} has layers 0 to {last}, not all of {wanted}")
    sites = [
        f"blocks.{layer}.hook_resid_pre" if layer < last else f"blocks.{last - 1}.hook_resid_post"
        for layer in wanted
    ]
    used = places.text.unique().tolist()
    tokens = {number: model.to_tokens(places.texts[number])[0] for number in used}
    by_length: dict[int, list[int]] = {}
    for number in used:
        by_length.setdefault(len(tokens[number]), []).append(number)
    batches = [
        group[start : start + _ROWS]
        for _, group in sorted(by_length.items())
        for start in range(0, len(group), _ROWS)
    ]
    kept = torch.empty(len(wanted), len(places), model.cfg.d_model)
    few = len(batches) <= _FEW
    for batch in tqdm(batches, unit="batch", desc="reading", leave=False, disable=few):
        with torch.no_grad():
            _, cache = model.run_with_cache(
                torch.stack([tokens[number] for number in batch]),
                names_filter=lambda name: name in sites,
            )
        row = torch.full((len(places.texts),), -1)
        row[torch.tensor(batch)] = torch.arange(len(batch))
        here = (row[places.text] >= 0).nonzero()[:, 0]
        rows, positions = row[places.text[here]], places.position[here]
        for index, site in enumerate(sites):
            kept[index, here] = cache[site][rows, positions].float().cpu()
    return kept


def _ends(model: TransformerBridge, text: str, ids: list[int]) -> list[int]:
    """Return the number of characters up to and with each token; 0 for a BOS."""
    special = set(model.tokenizer.all_special_ids)
    ends, end = [], 0
    for token in ids:
        end += 0 if token in special else len(model.tokenizer.decode([token]))
        ends.append(end)
    if end != len(text):
        raise LabError(f"the tokenizer of {model.cfg.model_name} does not spell out {text!r}")
    return ends


def _inside(end: int, spans: tuple[Span, ...]) -> bool:
    """Whether the last character before ``end`` lies in a span."""
    return any(start < end <= stop for start, stop in spans)

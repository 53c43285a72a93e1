"""What a planted model is to whoever uses it: a model, prompts, answers and, maybe, the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
import torch
from jaxtyping import Int
from safetensors.torch import save_file
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit.errors import LabError

Truth = Mapping[str, int | str | tuple[int, ...]]
"""What the circuit is: where it lies, a head as (layer, head), or what it does, in a word."""

_WEIGHT = "weight:"
_BESIDE = "beside:"


@dataclass(frozen=True, eq=False)
class Planted:
    """A planted model, its prompts and what it answers to them.

    Attributes:
        model: a native bridge in float32 on the CPU.
        tokens: prompts, BOS (token 0) first; all of one length.
        answers: the model's most likely next token after each prompt.
        truth: where the circuit is, the same for all prompts; None when it was not given away.
        beside: tensors that come with the model and are no part of it, such as an account of it
            that somebody else has given.
    """

    model: TransformerBridge = field(repr=False)
    tokens: Int[Tensor, "batch pos"] = field(repr=False)
    answers: Int[Tensor, " batch"] = field(repr=False)
    truth: Truth | None = field(default=None, repr=False)
    beside: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    def save(self, path: Path | str) -> None:
        """Write model, prompts, answers and what is beside as safetensors.

        Neither truth nor seed is in the file. The same planted model always gives the same bytes.
        """
        tensors = {
            _WEIGHT + name: parameter.detach().contiguous()
            for name, parameter in native.parameters(self.model).items()
        }
        tensors |= {_BESIDE + name: value.contiguous() for name, value in self.beside.items()}
        tensors |= {"tokens": self.tokens, "answers": self.answers}
        config = json.dumps(native.config_of(self.model), sort_keys=True)
        save_file(tensors, path, metadata={"config": config})

    @classmethod
    def load(cls, path: Path | str) -> Planted:
        """Read what `save` wrote; ``truth`` is None.

        Raises:
            LabError: no such file, or not one of these.
        """
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                config = json.loads(file.metadata()["config"])
            weights = {
                name.removeprefix(_WEIGHT): tensor
                for name, tensor in tensors.items()
                if name.startswith(_WEIGHT)
            }
            beside = {
                name.removeprefix(_BESIDE): tensor
                for name, tensor in tensors.items()
                if name.startswith(_BESIDE)
            }
            dtype = next(iter(weights.values()), torch.empty(0)).dtype
            model = native.boot(config, weights, dtype)
            return cls(model, tensors["tokens"], tensors["answers"], beside=beside)
        except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
            raise LabError(
                f"{path} is no weights file of a challenge, or it is damaged: get it again from "
                "your course"
            ) from error

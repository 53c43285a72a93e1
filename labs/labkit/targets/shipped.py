"""The files of the targets and of the decompositions that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from labkit.errors import LabError
from labkit.targets.record import Decomposition, Kind, Target

_GATE = ("w_in", "b_in", "w_out", "b_out")


def folder() -> Path:
    """Return the folder of all files."""
    return Path(__file__).parent / "weights"


def names() -> list[str]:
    """Return the targets' names."""
    return sorted(path.stem for path in folder().glob("*.safetensors") if "." not in path.stem)


def decompositions() -> list[str]:
    """Return the names of the decompositions: each its target's."""
    return sorted(path.name.split(".")[0] for path in folder().glob("*.spd.safetensors"))


def load(name: str) -> Target:
    """Return a target, in float32; the tensors are the caller's own.

    Raises:
        LabError: there is none of this name.
    """
    path = folder() / f"{name}.safetensors"
    if name not in names():
        raise LabError(f'there is no target "{name}": there are {", ".join(names())}.')
    tensors, notes = _read(path)
    kind = notes["kind"]
    assert kind in get_args(Kind)
    found: dict[str, dict[str, Tensor]] = {"weights": {}, "constants": {}}
    for key in notes["order"].split(","):
        group, _, rest = key.partition("/")
        found[group][rest] = tensors[key]
    return Target(name, kind, **found, probability=float(notes["probability"]))  # type: ignore[arg-type]


def save(target: Target, where: Path | None = None) -> Path:
    """Write a target's file and return its path."""
    tensors = {f"weights/{name}": W.contiguous() for name, W in target.weights.items()}
    tensors |= {f"constants/{name}": c.contiguous() for name, c in target.constants.items()}
    notes = {
        "kind": target.kind,
        "probability": repr(target.probability),
        "order": ",".join(tensors),  # the file itself sorts by name
    }
    path = (where or folder()) / f"{target.name}.safetensors"
    _write(tensors, path, notes)
    return path


def decomposition(name: str) -> Decomposition:
    """Return the decomposition of a target that ships, with the figures recorded for it.

    Raises:
        LabError: there is none of this name.
    """
    if name not in decompositions():
        there = ", ".join(decompositions())
        raise LabError(f'there is no decomposition of "{name}": there are {there}.')
    tensors, notes = _read(folder() / f"{name}.spd.safetensors")
    layers = notes["order"].split(",")
    parts = {layer: (tensors[f"{layer}/U"], tensors[f"{layer}/V"]) for layer in layers}
    gates = {
        layer: (
            tensors[f"{layer}/w_in"],
            tensors[f"{layer}/b_in"],
            tensors[f"{layer}/w_out"],
            tensors[f"{layer}/b_out"],
        )
        for layer in layers
    }
    figures: dict[str, Any] = json.loads((folder() / f"{name}.spd.json").read_text())
    return Decomposition(name, parts, gates, figures)


def save_decomposition(made: Decomposition, where: Path | None = None) -> Path:
    """Write a decomposition's two files, tensors and figures, and return the first's path."""
    tensors: dict[str, Tensor] = {}
    for layer, (U, V) in made.parts.items():
        tensors |= {f"{layer}/U": U.contiguous(), f"{layer}/V": V.contiguous()}
        for name, tensor in zip(_GATE, made.gates[layer], strict=True):
            tensors[f"{layer}/{name}"] = tensor.contiguous()
    path = (where or folder()) / f"{made.target}.spd.safetensors"
    _write(tensors, path, {"order": ",".join(made.parts)})
    path.with_suffix(".json").write_text(json.dumps(made.figures, indent=1) + "\n")
    return path


def _write(tensors: dict[str, Tensor], path: Path, notes: dict[str, str]) -> None:
    save_file(tensors, path, notes)
    path.chmod(0o644)  # safetensors leaves it to the owner alone


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        keys = file.keys()  # it is no dict
        return {key: file.get_tensor(key) for key in keys}, file.metadata()

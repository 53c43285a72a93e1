"""When does a model commit to its answer? A decoy on the lens, an eraser, a writer (lab 01).

At the last position of every prompt, in this order of layers: a *hint* head writes a little of the
answer (the lens shows it first, for a layer or two); the decoy's head writes one fixed token more
strongly than anything (the lens shows that); the *writer* writes the answer, and the *eraser*
removes the decoy, in either order; the later of the two makes the answer come first for good. A
*rival* head holds a second-best answer to the end. All other heads are busy and harmless.

The parts live in orthogonal subspaces, so the stream's norm at each position is the same for all
prompts and each write has a known size. The eraser reads the decoy's size off the stream and writes
its negative: taking the decoy out before it changes the lens there, and not the output.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from labkit.planted.blueprint import Blueprint
from labkit.planted.heads import Head, always, carry, look, match
from labkit.planted.record import Planted
from labkit.planted.subspaces import Subspaces

LAYERS, HEADS = 8, 4
D_MODEL, D_HEAD, D_VOCAB, N_CTX = 96, 16, 50, 10
PROMPTS = 24
LAST = N_CTX - 1
_KINDS = 12  # of cues, answers, rivals, fillers: with BOS and the decoy they are the vocabulary
_PLANES = 6

# Sizes along the unembedding directions at the last position. Without the writer the rival wins,
# without the eraser the decoy does; the hint beats the present token and nothing else.
_PRESENT, _HINT, _RIVAL, _ANSWER, _DECOY = 0.45, 0.9, 1.7, 3.1, 5.2
_SURE = 20.0  # a score; divided by two norms below 0.9 it leaves nothing for other positions


@dataclass(frozen=True)
class _Layers:
    """The layer of each part."""

    hint: int
    decoy: int
    rival: int
    writer: int
    eraser: int

    @property
    def commit(self) -> int:
        """The first index of the residual stack at which the answer is first for good."""
        return max(self.writer, self.eraser) + 1


def build(seed: int) -> Planted:
    """Build the model of a seed.

    Its prompts are BOS and nine tokens. The answer is a fixed permutation of the cue, the token at
    a fixed position; the rival is another permutation of another position's token.

    Returns:
        ``truth`` is {"commit_layer": index into the [n_layers + 1] residual stack, "writer":
        (layer, head), "decoy_token": id, "eraser": (layer, head)}, the same for all prompts.
    """
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    return _Build(draw).planted()


class _Build:
    """One model in the making."""

    def __init__(self, draw: torch.Generator) -> None:
        self.draw = draw
        self.plan = Blueprint(
            draw, n_layers=LAYERS, n_heads=HEADS, d_model=D_MODEL, d_head=D_HEAD, n_ctx=N_CTX,
            d_vocab=D_VOCAB, rms=True,
        )  # fmt: skip
        spaces = Subspaces(D_MODEL, draw)
        self.shown, self.position = spaces.take(D_VOCAB), spaces.take(N_CTX)
        self.cue_kind, self.other_kind = spaces.take(_KINDS), spaces.take(4)
        self.planes = spaces.take(2 * _PLANES).view(_PLANES, 2, D_MODEL)
        self.unread = spaces.take(8)

        ids = torch.randperm(D_VOCAB - 1, generator=draw) + 1
        self.cues, self.answers, self.rivals, self.fillers = ids[:-1].view(4, _KINDS)
        self.decoy = int(ids[-1])
        where = torch.randperm(LAST - 1, generator=draw) + 1
        self.cue_at, self.rival_at, self.decoy_from = (int(i) for i in where[:3])
        self._vocabulary()

    def _vocabulary(self) -> None:
        plan, draw = self.plan, self.draw
        content = torch.randn(D_VOCAB, 4, generator=draw, dtype=torch.float64)
        content = content / content.norm(dim=-1, keepdim=True) @ self.other_kind
        content[self.cues] = self.cue_kind
        plan.embed = content + _PRESENT * self.shown
        plan.pos = self.position
        plan.unembed = 1.5 * self.shown
        plan.b_U = 0.2 * (2 * torch.rand(D_VOCAB, generator=draw, dtype=torch.float64) - 1)

    def planted(self) -> Planted:
        layers = self._choose_layers()
        names = ("hint", "decoy", "rival", "writer", "eraser")
        free = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
        place: dict[str, tuple[int, int]] = {}
        for name in names:
            inside = [p for p in free if p[0] == getattr(layers, name)]
            place[name] = inside[self._below(len(inside))]
            free.remove(place[name])
        free = [free[i] for i in torch.randperm(len(free), generator=self.draw).tolist()]
        sources = [self.cue_at, self.rival_at]
        onlookers = {p: i for i, p in enumerate(free[:_PLANES])}

        tokens, answers = self._prompts()
        stream = self.plan.start(tokens)
        for layer in range(LAYERS):
            # Sizes at the last position; every prompt has the same.
            rms = self.plan.rms_of(stream)[0]
            for head in range(HEADS):
                at = (layer, head)
                if at in onlookers:
                    what = self._onlooker(onlookers[at], sources[self._below(2)], rms)
                elif at in free:
                    what = self._bystander() if self._below(2) else self._clock(rms)
                else:
                    name = next(n for n in names if place[n] == at)
                    what = self._part(name, rms)
                self.plan.write(*at, what)
            stream = self.plan.block(stream, layer)
        truth: dict[str, int | tuple[int, int]] = {
            "commit_layer": layers.commit,
            "writer": place["writer"],
            "decoy_token": self.decoy,
            "eraser": place["eraser"],
        }
        return Planted(self.plan.bridge(), tokens, answers, truth)

    def _choose_layers(self) -> _Layers:
        """Draw which of writer and eraser comes last, then the commit layer, then the rest."""
        stories = [
            _Layers(hint, decoy, rival, writer, eraser)
            for decoy in range(1, LAYERS)
            for hint in range(max(0, decoy - 2), decoy)
            for eraser in range(decoy + 2, LAYERS)  # the decoy is first for two layers or more
            for writer in range(decoy + 1, LAYERS)
            for rival in range(decoy, eraser + 1)
            if writer != eraser
        ]
        writer_last = self._below(2) == 1
        stories = [s for s in stories if (s.writer > s.eraser) == writer_last]
        commits = sorted({s.commit for s in stories})
        commit = commits[self._below(len(commits))]
        stories = [s for s in stories if s.commit == commit]
        return stories[self._below(len(stories))]

    def _part(self, name: str, rms: Tensor) -> Head:
        """One head of the story; ``rms``, [pos], is what the norm divides each position by."""
        if name == "eraser":
            decoy = self.shown[self.decoy, None]
            return self._from_last(LAST) | carry(decoy, -rms[LAST] * decoy)
        if name == "decoy":
            at, size, said = self.decoy_from, _DECOY, [self.decoy]
            read = self.position[at, None]
        else:
            at = self.rival_at if name == "rival" else self.cue_at
            size = {"hint": _HINT, "rival": _RIVAL, "writer": _ANSWER}[name]
            said = (self.rivals if name == "rival" else self.answers).tolist()
            read = self.cue_kind
        return self._from_last(at) | carry(read, size * rms[at] * self.shown[said])

    def _onlooker(self, plane: int, at: int, rms: Tensor) -> Head:
        """A head that reads a cue as the parts do, and writes it where nothing reads."""
        angle = 6.2832 * torch.rand(_KINDS, generator=self.draw, dtype=torch.float64)
        points = torch.stack([angle.cos(), angle.sin()], -1) @ self.planes[plane]
        return self._from_last(at) | carry(self.cue_kind, rms[at] * points)

    def _clock(self, rms: Tensor) -> Head:
        """A head that looks some steps back and writes which position it saw."""
        back = 1 + self._below(4)
        seen = torch.randn(N_CTX, len(self.unread), generator=self.draw, dtype=torch.float64)
        looking = look(self.position, [max(i - back, 0) for i in range(N_CTX)], _SURE)
        return looking | carry(self.position, 0.2 * rms[:, None] * seen @ self.unread)

    def _bystander(self) -> Head:
        """A head with a diffuse gaze of its own that writes the same wherever it looks."""
        seen = torch.cat([self.position, self.cue_kind, self.other_kind])
        mix = torch.randn(2, 6, len(seen), generator=self.draw, dtype=torch.float64) / len(seen)
        says = torch.randn(len(self.unread), generator=self.draw, dtype=torch.float64)
        return match(mix[0] @ seen, mix[1] @ seen, 6.0) | always(0.2 * says @ self.unread)

    def _from_last(self, at: int) -> Head:
        """Look from the last position to ``at``, and rest on BOS from all others."""
        return look(self.position, {LAST: at}, _SURE)

    def _prompts(self) -> tuple[Tensor, Tensor]:
        """Draw prompts: each cue twice, the rest at random, a filler last, the decoy nowhere."""
        allowed = torch.cat([self.cues, self.answers, self.rivals, self.fillers])
        tokens = allowed[torch.randint(len(allowed), (PROMPTS, N_CTX), generator=self.draw)]
        tokens[:, 0] = 0
        tokens[:, LAST] = self.fillers[self._indices()]
        tokens[:, self.rival_at] = self.cues[self._indices()]
        cue = torch.randperm(PROMPTS, generator=self.draw) % _KINDS
        tokens[:, self.cue_at] = self.cues[cue]
        return tokens, self.answers[cue]

    def _indices(self) -> Tensor:
        return torch.randint(_KINDS, (PROMPTS,), generator=self.draw)

    def _below(self, n: int) -> int:
        return int(torch.randint(n, (1,), generator=self.draw))

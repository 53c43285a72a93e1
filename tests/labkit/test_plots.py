"""Figures: what they draw, what they say of it, and that they cost nothing until one is drawn."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
from labkit import plots
from labkit.plots.slices import largest_difference, plane_through
from PIL import Image

PROMPT = ["<|im_start|>", " Eiffel", " $5", "\n", "中"]
VALUES = torch.arange(20.0).reshape(4, 5)

FIGURES: dict[str, Callable[[], plots.Figure]] = {
    "heatmap": lambda: plots.heatmap(VALUES, x=PROMPT, title="KL", unit="nats"),
    "diverging": lambda: plots.heatmap(VALUES - 10, center=0, marks=[(1, 2)]),
    "log": lambda: plots.heatmap(VALUES, log=True, unit="rank"),
    "lens_table": lambda: plots.lens_table([PROMPT] * 4, VALUES / 20, x=PROMPT, title="Lens"),
    "lines": lambda: plots.lines(
        {"p": VALUES[0] / 5}, right={"KL": VALUES[1]}, right_label="nats", title="Paris",
        verticals={"first top-1": 3}, levels={"final": 0.9},
    ),
    "bars": lambda: plots.bars({"L0 attn": 1.5, "L0 mlp": -2.0}, title="DLA", unit="logits"),
    "compare": lambda: plots.compare(VALUES, VALUES.flip(0), axes=["layer", "pos"]),
    "graph": lambda: plots.graph(
        {(0, 1): 1.5, (1, 3): -0.5, (0, 3): 1.0}, nodes=["in", "L0H0", "L0H1", "out"],
        ranks=[-1, 0, 0, 1], title="Edges", unit="logits",
    ),
}  # fmt: skip


def test_matplotlib_is_imported_by_the_first_figure_and_not_before() -> None:
    code = (
        "import sys; from labkit import check, plots; assert 'matplotlib' not in sys.modules;"
        "plots.heatmap; assert 'matplotlib' in sys.modules; assert 'pyplot' not in dir(plots)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_saved_with_its_description(name: str, tmp_path: Path) -> None:
    figure = FIGURES[name]()
    path = plots.save(figure, tmp_path / "new" / "folder" / "figure.png")
    with Image.open(path) as image:
        assert image.width >= 500
        assert image.info["Description"] == figure.alt
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 50
    assert len(figure.alt) > 40
    assert "$" not in figure.alt.replace("$5", "")
    html = figure.to_html()
    assert html.count("<img ") == 1
    assert 'alt="' in html


def test_a_file_that_is_no_png_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.png"):
        plots.save(FIGURES["bars"](), tmp_path / "figure.pdf")


def test_a_students_own_style_does_not_reach_our_figures() -> None:
    plain = FIGURES["heatmap"]().png()
    with mpl.rc_context({"font.size": 30, "figure.facecolor": "black", "axes.grid": True}):
        assert FIGURES["heatmap"]().png() == plain


def test_labels_show_what_cannot_be_seen() -> None:
    tokens = [" Paris", "ĠParis", "▁a", "  ", "a b ", "\n\n", "\t", "", "x$y", "中", "\x07"]
    assert plots.labels(tokens) == [
        "␣Paris", "␣Paris", "␣a", "␣␣", "a b␣", "↵↵", "⇥", "(empty)", r"x\$y", "\\u4e2d", "\\u0007",
    ]  # fmt: skip
    assert plots.labels(["internationalisation"], longest=8) == ["interna…"]
    assert plots.labels([7, None]) == ["7", "None"]


def test_a_heatmap_labels_axes_and_colours() -> None:
    figure = plots.heatmap(VALUES, x=PROMPT, title="KL", unit="nats")
    axes, bar = figure.axes
    assert axes.get_title(loc="left") == "KL"
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == ("position", "layer", "nats")
    assert [label.get_text() for label in axes.get_xticklabels()] == plots.labels(PROMPT)
    assert axes.get_ylim() == (-0.5, 3.5)  # layer 0 at the bottom
    assert "The largest value is 19 nats at layer 3, position \\u4e2d." in figure.alt
    assert "The smallest value is 0 nats at layer 0, position <|im_start|>." in figure.alt


def test_colours_of_differences_are_centred() -> None:
    figure = plots.heatmap([[-1.0, 4.0, float("nan")]], center=0)
    mesh = figure.axes[0].images[0]
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-4, 4)
    assert mesh.get_cmap().name == "RdBu_r"
    assert plots.heatmap(VALUES).axes[0].images[0].get_cmap().name == "viridis"


def test_a_logarithmic_heatmap_of_ranks_starts_at_0() -> None:
    mesh = plots.heatmap([[0, 9, 99]], log=True, unit="rank").axes[0].images[0]
    assert np.allclose(mesh.norm(mesh.get_array()), [[0, 0.5, 1]])


def test_words_of_a_lens_table_can_be_read_on_their_cells() -> None:
    figure = plots.lens_table([["a", " b"]] * 11, torch.linspace(0, 1, 22).reshape(11, 2))
    axes = figure.axes[0]
    mesh = axes.images[0]
    assert [text.get_text() for text in axes.texts[:2]] == ["a", "␣b"]
    for text in axes.texts:
        column, row = (int(place) for place in text.get_position())
        back = _luminance(mesh.cmap(mesh.norm(mesh.get_array()[row, column])))
        front = _luminance(mpl.colors.to_rgba(text.get_color()))
        light, dark = max(back, front), min(back, front)
        assert (light + 0.05) / (dark + 0.05) >= 4.0


def _luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_are_told_apart_by_more_than_colour() -> None:
    figure = plots.lines({"a": [1, 2], "b": [2, 3]}, right={"c": [5, 6]}, levels={"top": 9})
    drawn = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 2]
    curves = [line for line in drawn if line.get_label() in "abc"]
    assert len({line.get_linestyle() for line in curves}) == 3
    assert len({line.get_marker() for line in curves}) == 3
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["a", "b", "c", "top"]
    assert figure.axes[0].get_ylim()[1] > 9


def test_bars_add_up_to_the_whole() -> None:
    values = {f"L{layer} mlp": float(layer - 3) for layer in range(8)}
    figure = plots.bars(values, top=3)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == [-3, 3, 4, 0]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["L0 mlp", "L6 mlp", "L7 mlp", "5 others together"]
    ordered = plots.bars(values, sort=True).axes[0].patches
    assert [bar.get_width() for bar in ordered] == sorted(values.values(), reverse=True)


def test_compare_shows_the_slice_of_the_largest_difference() -> None:
    expected = torch.zeros(3, 2, 4, 5)
    yours = expected.clone()
    yours[2, 1, 3, 0] = 7
    figure = plots.compare(yours, expected, axes=["layer", "batch", "pos", "vocab"])
    panels = figure.axes[:3]
    assert [panel.get_title(loc="left") for panel in panels] == ["yours", "expected", "difference"]
    assert figure.get_suptitle() == "slice at layer 2, batch 1"
    assert (panels[0].get_ylabel(), panels[0].get_xlabel()) == ("pos", "vocab")
    assert panels[0].images[0].get_array()[3, 0] == 7
    assert "at [layer 2, batch 1, pos 3, vocab 0]: yours 7, expected 0." in figure.alt


def test_compare_gives_each_its_own_scale_when_one_would_drown() -> None:
    small = torch.rand(3, 4, generator=torch.Generator().manual_seed(1))
    figure = plots.compare(1000 * small, small)
    assert figure.get_suptitle() == "each has its own scale"
    images = [axes.images[0] for axes in figure.axes[:2]]
    assert images[0].norm.vmax > 500
    assert images[1].norm.vmax < 1
    images = [axes.images[0] for axes in plots.compare(2 * small, small).axes[:2]]
    assert images[0].norm.vmax == images[1].norm.vmax


@pytest.mark.parametrize("shape", [(), (1,), (5,), (5, 1), (1, 1, 6), (2, 2)])
@pytest.mark.parametrize("fill", [1.0, float("nan"), float("inf")])
def test_compare_draws_any_shape_and_any_value(shape: tuple[int, ...], fill: float) -> None:
    figure = plots.compare(torch.full(shape, fill), torch.zeros(shape))
    assert Image.open(io.BytesIO(figure.png())).width > 500


def test_the_largest_difference_is_nan_before_anything_else() -> None:
    yours, expected = torch.zeros(2, 3), torch.zeros(2, 3)
    yours[0, 1] = 100
    assert largest_difference(yours, expected) == (0, 1)
    yours[1, 2] = torch.nan
    assert largest_difference(yours, expected) == (1, 2)
    plane = plane_through((4, 1, 3, 5), (2, 0, 1, 4), ["a", "b", "c", "d"])
    assert (plane.shown, plane.fixed) == ((2, 3), "a 2")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.heatmap([1.0, 2.0]), "2 axes; these have shape \\[2\\]"),
        (lambda: plots.heatmap([[1.0]], x=["a", "b"]), "x= has 2 labels; the values have 1"),
        (lambda: plots.heatmap(torch.zeros(0, 3)), "these are empty"),
        (lambda: plots.lens_table([["a"]], [[1.0, 2.0]]), "tokens in 1 rows of \\[1\\]"),
        (lambda: plots.lines({}), "at least one series"),
        (lambda: plots.lines({"a": [1, 2]}, x=[1]), "has 2 values for 1 in x="),
        (lambda: plots.bars({"a": "b"}), "could not convert"),
        (lambda: plots.compare(torch.zeros(2), torch.zeros(3)), "one shape, not \\[2\\]"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    draw: Callable[[], plots.Figure], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw()


def test_a_graph_says_its_edges_and_refuses_one_to_nowhere() -> None:
    nodes, ranks = ["in", "a", "b", "out"], [0, 1, 1, 2]
    figure = plots.graph({(0, 1): 0.5, (1, 3): -2.0}, nodes=nodes, ranks=ranks, unit="nats")
    assert "4 nodes, 2 edges: a to out -2, in to a 0.5 (nats)" in figure.alt
    assert "in to b" in plots.graph([(0, 2)], nodes=nodes, ranks=ranks).alt
    assert "4 nodes, 0 edges" in plots.graph({}, nodes=nodes, ranks=ranks).alt
    with pytest.raises(ValueError, match="a node that is not there"):
        plots.graph([(0, 4)], nodes=nodes, ranks=ranks)
    with pytest.raises(ValueError, match="4 nodes and 2 ranks"):
        plots.graph([(0, 1)], nodes=nodes, ranks=[0, 1])


@pytest.mark.parametrize("length", [40, 2_000])
def test_one_long_axis_is_a_few_shapes_however_long_it_is(length: int) -> None:
    yours, expected = torch.linspace(-1, 3, length), torch.zeros(length)
    yours[length // 2] = float("nan")
    figure = plots.compare(yours, expected)
    for axes in figure.axes:
        assert len(axes.patches) <= max(45, length // 100)
    shown = figure.axes[0]
    assert shown.get_xlim()[1] >= length - 1
    low, high = shown.get_ylim()
    assert low < -1 and high > 3
    assert [text.get_text() for text in shown.texts] == ["NaN"]
    assert figure.to_html()

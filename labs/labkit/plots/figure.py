"""The figure every plot returns: matplotlib's, with alt text, one style and its own display.

Matplotlib's own notebook display gives a PNG without a description. This one gives an ``<img>``
with an ``alt`` attribute that never shrinks below legible: on a narrow screen it scrolls sideways.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.figure
import matplotlib.style

# Okabe and Ito's palette: apart for every common kind of colour blindness.
BLUE, ORANGE, GREEN, PINK, SKY, VERMILION = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
)  # fmt: skip
CYCLE = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY)
INK = "#1b1f24"
MISSING = "#b8b8b8"  # NaN: a grey that neither viridis nor RdBu holds

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that figures agree everywhere
    "font.size": 11.5,
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.labelsize": 11.5,
    "axes.edgecolor": "#6a737d",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.0,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
_DPI = 150  # sharp on a screen with two pixels for one
_WIDE_DPI = 110  # a wide figure is shown smaller than it is
_WIDE = 9.0  # inches
_CSS_PIXELS_PER_INCH = 96
_LEAST = 0.55  # below this share of its size, 11 point text is no longer legible


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure with a description for those who do not see it.

    Attributes:
        alt: what the figure shows, in a sentence or two.
    """

    alt: str = ""

    def png(self) -> bytes:
        """Return the figure as PNG bytes, with the description in its metadata."""
        buffer = io.BytesIO()
        dpi = _DPI if self.get_figwidth() < _WIDE else _WIDE_DPI
        with _style():
            self.savefig(buffer, format="png", dpi=dpi, metadata={"Description": self.alt})
        return buffer.getvalue()

    def to_html(self) -> str:
        """Return the figure as one HTML fragment that needs no other file."""
        return image(self.png(), self.alt, self.get_figwidth())

    def _ipython_display_(self) -> None:
        # Not _repr_html_: beside it IPython would send matplotlib's own PNG as well.
        from IPython.display import display

        bundle = {"text/html": self.to_html(), "text/plain": f"[figure: {self.alt}]"}
        display(bundle, raw=True)


def image(png: bytes, alt: str, inches: float) -> str:
    """Return PNG bytes as an HTML fragment that is ``inches`` wide where there is room."""
    width = round(inches * _CSS_PIXELS_PER_INCH)
    data = base64.b64encode(png).decode()
    style = (
        f"width:100%;max-width:{width}px;min-width:{round(width * _LEAST)}px;height:auto;"
        "border-radius:4px;background:#fff"
    )
    return (
        '<div style="overflow-x:auto;max-width:100%">'
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" style="{style}">'
        "</div>"
    )


def save(fig: Figure, path: str | Path) -> Path:
    """Write a figure as a PNG, creating folders as needed, and return where it lies.

    Raises:
        ValueError: the file name ends in something other than ``.png``.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise ValueError(f"figures are saved as .png; this is {target.name!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(fig.png())
    return target


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """Open an empty figure of this size in inches; what is drawn within has the course's style."""
    with _style():
        # Not through pyplot: the notebook would show the figure a second time.
        yield Figure(figsize=(width, height), layout="constrained")


def _style() -> Any:
    """A context with our settings, whatever the student has set for their own plots."""
    return matplotlib.style.context(_STYLE, after_reset=True)

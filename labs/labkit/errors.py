"""The one error of labkit that a student meets: a sentence that says what to do."""

from __future__ import annotations


class LabError(Exception):
    """Something outside the student's code is missing or wrong; the text is one clear line."""

    def _render_traceback_(self) -> list[str]:
        """Show the line alone: IPython asks for this in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]

"""One submission against the hidden checks of its lab: from a notebook to outcomes and a score.

`judge` leads from `extract` over `exam` and `plugin` to `recognise` and `score`; `lines` are the
ways in which a check reaches the code it asks.
"""

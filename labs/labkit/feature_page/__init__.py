"""Feature pages: what one latent of a dictionary responds to and does, in one offline HTML file.

    readings = feature_page.read(model)                       # the held-out texts, once
    feature_page.build(17, readings, "latent-17.html")
    feature_page.build_all([17, 203], readings, "pages")      # and an index over them

A page has the latent's strongest texts with its value at each token, the histogram of its values,
the tokens that it speaks for and against, its nearest neighbours, and a blind test of the reader's
explanation. It needs no network, stores nothing and sends nothing.

    readings    `read`: which latents fire where
    evidence    what a page shows of one latent
    quiz        which texts the blind test asks about
    page        from that to HTML: `build`, `build_all`
"""

from labkit.feature_page.evidence import Evidence, gather
from labkit.feature_page.page import build, build_all
from labkit.feature_page.readings import Readings, read

__all__ = ["Evidence", "Readings", "build", "build_all", "gather", "read"]

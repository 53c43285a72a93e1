"""Data for probes: sentences made from templates and word lists, in which one feature varies.

    data = probing.labelled("number")          # texts in twins, labels, template and word ids
    places = probing.examples(model, data)     # the tokens that have a label
    acts = probing.activations(model, places)  # [n_layers + 1, example, d_model]

Six features: quotes (a label for each token), sentiment, number, tense, country, truth (a label for
each text, at its last token). Every sentence was written for this course. They are short, plain and
made by a machine from few templates: a probe that is right on all of them has shown what it can do
on sentences like these.

    record   `Labelled`, what comes out
    twins    what each feature's module gives
    drawing  `labelled`: filling templates
    reading  `examples` and `activations`: from texts to what a probe is trained on
"""

from labkit.probing.drawing import FEATURES, labelled
from labkit.probing.reading import Examples, activations, examples
from labkit.probing.record import Labelled

__all__ = ["FEATURES", "Examples", "Labelled", "activations", "examples", "labelled"]

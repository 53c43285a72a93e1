"""Wrong ways back from standardised to raw activations."""


def left_as_it_was(w, b, mean, scale):
    """You return the probe as it was fitted: its weights are for standardised activations, on raw
    ones they are another direction."""
    return w.clone(), b.clone()


def multiplied_by_the_scale(w, b, mean, scale):
    """You multiply by the scale: a feature with large numbers needs a smaller weight, divide."""
    raw = w * scale
    return raw, b - raw @ mean


def bias_forgotten(w, b, mean, scale):
    """You leave the bias as it was: the mean that was subtracted has gone into it."""
    return w / scale, b.clone()


def bias_from_the_old_weights(w, b, mean, scale):
    """You take the mean's score with the standardised weights: with the raw ones."""
    return w / scale, b - w @ mean


def bias_of_the_wrong_sign(w, b, mean, scale):
    """You add the mean's score to the bias: it is subtracted."""
    raw = w / scale
    return raw, b + raw @ mean


def divided_by_the_variance(w, b, mean, scale):
    """You divide by the squared scale: standardising divided by the scale once."""
    raw = w / scale**2
    return raw, b - raw @ mean


def one_scale_for_all(w, b, mean, scale):
    """You divide by the mean scale: every feature has its own."""
    raw = w / scale.mean()
    return raw, b - raw @ mean


def normalised(w, b, mean, scale):
    """You make the direction a unit vector: then the scores are no longer the probe's."""
    raw = w / scale
    return raw / raw.norm(), b - raw @ mean


def scale_forgotten(w, b, mean, scale):
    """You undo the mean and not the scale: both were used."""
    return w.clone(), b - w @ mean


def bias_dropped(w, b, mean, scale):
    """You lose the probe's own bias: it stays, less the score of the mean."""
    raw = w / scale
    return raw, -(raw @ mean)


def in_place(w, b, mean, scale):
    """You divide in place: the probe that you were given is changed."""
    w /= scale
    return w, b - w @ mean

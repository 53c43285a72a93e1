"""Wrong metrics that students write."""

import torch


def _l0(latents):
    return (latents != 0).sum(1).double().mean().item()


def _fvu(x, x_hat):
    return ((x - x_hat).square().sum() / (x - x.mean(0)).square().sum()).item()


def variance_about_zero(x, x_hat, latents):
    """Your variance is about 0: it is about the mean of the inputs, or a constant would look like
    a good reconstruction."""
    return _l0(latents), ((x - x_hat).square().sum() / x.square().sum()).item()


def mean_over_everything(x, x_hat, latents):
    """You subtract one number, the mean over samples and dimensions: each dimension has a mean of
    its own."""
    return _l0(latents), ((x - x_hat).square().sum() / (x - x.mean()).square().sum()).item()


def mean_over_dimensions(x, x_hat, latents):
    """You subtract each sample's mean over its dimensions: the mean is over the samples."""
    spread = (x - x.mean(1, keepdim=True)).square().sum()
    return _l0(latents), ((x - x_hat).square().sum() / spread).item()


def share_by_dimension(x, x_hat, latents):
    """You average the shares of the dimensions: then one with hardly any variance counts as much
    as the largest. Add up before you divide."""
    shares = (x - x_hat).square().sum(0) / (x - x.mean(0)).square().sum(0)
    return _l0(latents), shares.mean().item()


def share_by_sample(x, x_hat, latents):
    """You average the shares of the samples: add up before you divide."""
    shares = (x - x_hat).square().sum(1) / (x - x.mean(0)).square().sum(1)
    return _l0(latents), shares.mean().item()


def explained(x, x_hat, latents):
    """You return the share that is explained: what is asked for is the share that is not."""
    return _l0(latents), 1 - _fvu(x, x_hat)


def error_about_the_mean(x, x_hat, latents):
    """You divide the variance of the error (about its own mean): a constant error is an error."""
    error = x - x_hat
    spread = (x - x.mean(0)).square().sum()
    return _l0(latents), ((error - error.mean(0)).square().sum() / spread).item()


def variance_of_the_reconstruction(x, x_hat, latents):
    """You divide by the variance of the reconstruction: divide by that of the inputs."""
    spread = (x_hat - x_hat.mean(0)).square().sum()
    return _l0(latents), ((x - x_hat).square().sum() / spread).item()


def root(x, x_hat, latents):
    """You take the square root: the share is of squares."""
    return _l0(latents), _fvu(x, x_hat) ** 0.5


def unbiased(x, x_hat, latents):
    """You divide a mean by an unbiased variance (`x.var` divides by one sample less): the mean
    then does not come out as 1."""
    return _l0(latents), ((x - x_hat).square().mean(0).sum() / x.var(0).sum()).item()


def l0_is_a_share(x, x_hat, latents):
    """Your L0 is a share of the latents: it is a number of them."""
    return (latents != 0).double().mean().item(), _fvu(x, x_hat)


def l0_is_a_total(x, x_hat, latents):
    """Your L0 is the total over the batch: it is a mean over the samples."""
    return float((latents != 0).sum()), _fvu(x, x_hat)


def l0_is_an_l1(x, x_hat, latents):
    """You add the latents up: L0 counts them, whatever their sizes."""
    return latents.sum(1).mean().item(), _fvu(x, x_hat)


def l0_of_the_dictionary(x, x_hat, latents):
    """You count the latents that fire anywhere in the batch: count them sample by sample."""
    return float((latents != 0).any(0).sum()), _fvu(x, x_hat)


def l0_with_a_threshold(x, x_hat, latents):
    """You count latents above a threshold of your own: every one that is not 0 counts."""
    return (latents > 0.1).sum(1).double().mean().item(), _fvu(x, x_hat)


def swapped(x, x_hat, latents):
    """You return the FVU first: L0 comes first."""
    return _fvu(x, x_hat), _l0(latents)


def inactive(x, x_hat, latents):
    """You count the latents that are 0."""
    return (latents == 0).sum(1).double().mean().item(), _fvu(x, x_hat)


def floor(x, x_hat, latents):
    """You cut L0 down to a whole number: a mean need not be one."""
    return int(torch.count_nonzero(latents)) // len(latents), _fvu(x, x_hat)

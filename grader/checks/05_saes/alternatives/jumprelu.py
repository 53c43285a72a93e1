"""Other right ways to write jumprelu."""

import torch


class _Jump(torch.autograd.Function):
    """Values and gradients written out."""

    @staticmethod
    def forward(ctx, pre, threshold, bandwidth):
        ctx.save_for_backward(pre, threshold)
        ctx.bandwidth = bandwidth
        return torch.where(pre > threshold, pre, torch.zeros_like(pre))

    @staticmethod
    def backward(ctx, upstream):
        pre, threshold = ctx.saved_tensors
        window = ((pre - threshold) / ctx.bandwidth).abs() < 0.5
        slope = -(threshold / ctx.bandwidth) * window
        return upstream * (pre > threshold), (upstream * slope).sum(dim=0), None


def autograd_function(pre, threshold, bandwidth):
    """A torch.autograd.Function, as the paper's appendix has it."""
    return _Jump.apply(pre, threshold, bandwidth)


def ramp(pre, threshold, bandwidth):
    """A surrogate whose slope is the window: a ramp that is cut off on both sides."""
    passed = torch.where(pre > threshold, pre, torch.zeros((), dtype=pre.dtype))
    position = (pre.detach() - threshold) / bandwidth + 0.5
    surrogate = threshold.detach() * position.clamp(0, 1)
    return passed + (surrogate - surrogate.detach())


def single_precision(pre, threshold, bandwidth):
    """Latent by latent, in float32."""
    columns = []
    for i in range(pre.shape[1]):
        z, theta = pre[:, i].float(), threshold[i].float()
        active = (z > theta).float()
        inside = ((z > theta - bandwidth / 2) & (z < theta + bandwidth / 2)).float()
        zero = theta - theta.detach()
        columns.append(z * active - (theta.detach() / bandwidth) * inside * zero)
    return torch.stack(columns, dim=1)

"""Other right ways to write direct_logit_attribution."""

import torch


def prompt_by_prompt(parts, scale, direction):
    """A matrix product for each prompt; the scale is divided out at the end."""
    columns = [parts[:, b] @ direction[b] / scale[b, :, 0] for b in range(len(direction))]
    return torch.stack(columns, dim=1)


def scaled_direction(parts, scale, direction):
    """The scale goes into the direction; products are summed by hand, in float32."""
    readout = direction.unsqueeze(1) / scale
    return (parts.float() * readout.float()).sum(dim=-1)


@torch.inference_mode()
def batched_matrix_product(parts, scale, direction):
    """bmm over the batch, with a transposed result."""
    n_parts, batch, n_pos, d_model = parts.shape
    rows = (parts / scale).transpose(0, 1).reshape(batch, n_parts * n_pos, d_model)
    shares = torch.bmm(rows, direction.unsqueeze(-1))
    return shares.reshape(batch, n_parts, n_pos).transpose(0, 1)

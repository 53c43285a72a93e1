"""Other right ways to write gated."""

import torch


def two_encoders(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """The magnitude has an encoder of its own, made from the gate's."""
    W_mag = torch.exp(r_mag)[None, :] * W_gate
    gate = torch.addmm(b_gate, x - b_dec, W_gate)
    magnitude = torch.addmm(b_mag, x - b_dec, W_mag)
    return torch.where(gate > 0, magnitude.clamp(min=0), torch.zeros_like(magnitude)), gate


def heaviside_in_single_precision(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """einsum and heaviside, in float32."""
    given = [t.float() for t in (x, W_gate, b_gate, r_mag, b_mag, b_dec)]
    x, W_gate, b_gate, r_mag, b_mag, b_dec = given
    shared = torch.einsum("bd,dn->bn", x - b_dec, W_gate)
    gate = shared + b_gate
    is_open = torch.heaviside(gate.detach(), torch.zeros(()))
    return is_open * torch.relu(torch.exp(r_mag) * shared + b_mag), gate


def latent_by_latent(x, W_gate, b_gate, r_mag, b_mag, b_dec):
    """A loop over the latents."""
    latents, gates = [], []
    for i in range(len(b_gate)):
        product = ((x - b_dec) * W_gate[:, i]).sum(-1)
        gates.append(product + b_gate[i])
        size = product * r_mag[i].exp() + b_mag[i]
        latents.append(size * ((gates[-1] > 0) & (size > 0)))
    return torch.stack(latents, dim=1), torch.stack(gates, dim=1)

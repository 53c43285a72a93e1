# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 06: stochastic parameter decomposition
#
# Labs 01 to 05 asked what a model's *activations* say. But a model is not its activations: it is a
# few matrices, and whatever it can do is written in them. **Can a matrix be taken apart into the
# things it does?**

# %% [markdown]
# ## How this notebook works
#
# **Before each exercise** stand the idea, the formula, and three hints that give away more and
# more. **After each exercise** stands a check: it tries your function on small inputs and says in a
# sentence what holds and what does not. Checks test *properties*, so any correct solution passes.
# **Before each result** you are asked for a prediction: replace `None` by a guess before you run
# the cell below it.
#
# **When your work is graded**, only imports, definitions and constants written out in the notebook
# are kept. A function must get everything it needs through its arguments or from imported modules;
# the checks warn you when one leans on a variable of an experiment.

# %%
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from labkit import check, plots

import spd_helpers as helpers

torch.set_num_threads(1)  # everything here is small: more threads make it slower

# %% [markdown]
# ## Part I: what would a right answer look like?
#
# PART-I-CONTENT (6A)

# %%
Layers = dict[str, Callable[[Tensor], Tensor]]
Forward = Callable[[Tensor, Layers], Tensor]


def tms(bias: Float[Tensor, " features"]) -> Forward:
    """Return the toy model of superposition, as a function of its input and of its layers."""

    def forward(x: Tensor, layers: Layers) -> Tensor:
        hidden = layers["embed"](x)
        if "hidden" in layers:
            hidden = layers["hidden"](hidden)
        return torch.relu(layers["unembed"](hidden) + bias)

    return forward


# %% [markdown]
# ## Part II: the losses, and the loop
#
# PART-II-CONTENT (6B inserts here)

# %% [markdown]
# ## Part III: larger, and what is open
#
# PART-III-CONTENT (6C inserts here)

# %% [markdown]
# ## Further reading
#
# FURTHER-READING (6C; 6A adds the part I lines)

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 03: induction heads and circuits

# %%
import math

import torch
from einops import einsum
from IPython.display import display
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, models, plots

import induction_heads_helpers as helpers

torch.set_num_threads(1)  # the models of this lab are small: more threads make it slower

# %% [markdown]
# ## Part 1: a task with no knowledge in it
#

# %% [markdown]
# ## Part 2: one attention head, by hand
#

# %% [markdown]
# ## Part 3: three stripes, and an atlas of heads
#

# %% [markdown]
# ## Part 4: build the circuit yourself
#

# %% [markdown]
# ## Part 5: read the circuit off the weights
#

# %% [markdown]
# ## Part 6: take a head away

# %% [markdown]
# ## Part 7: a circuit in the wild, and how to judge it

# %% [markdown]
# ## Part 8: let the computer find the circuit

# %% [markdown]
# ## Part 9: watch it happen
#

# %% [markdown]
# ## Part 10: the planted challenge
#

# %% [markdown]
# ## Part 11: the headline
#

# %% [markdown]
# ## What you have now
#

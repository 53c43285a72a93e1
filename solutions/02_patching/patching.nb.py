# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 02: activation patching, causal tracing, and what else moves a model
#
# (frame; 02A)

# %%
import torch
from einops import einsum, repeat
from IPython.display import display
from jaxtyping import Float, Int
from labkit import check, data, models, plots
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

import patching_helpers as helpers

torch.set_num_threads(1)

# %% [markdown]
# ## Part 1: two prompts and a number
#
# <!-- 02A begin: parts 1 to 4 -->

# %% [markdown]
# ## Part 5: causal tracing
#
# <!-- 02B begin: part 5, causal tracing -->

# %% [markdown]
# ## Part 6: attribution patching and path patching
#
# <!-- 02B: part 6, attribution and path patching -->

# %% [markdown]
# ## Part 7: editing a fact
#
# <!-- 02B: part 7, ROME -->

# %% [markdown]
# ## Part 8: classical interpretability
#
# <!-- 02B: part 8, classical -->

# %% [markdown]
# ## Part 9: the planted challenge
#
# <!-- 02A begin: parts 9 and 10, closing -->

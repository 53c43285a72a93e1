# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 04: linear probes, and superposition
#
# Somewhere inside a language model stands what it knows of the text so far: whether a quotation is
# open, whether the subject is plural, whether the sentence is true. **Is it in there? Is it used?
# And how can more of it fit in than there are dimensions?**

# %%
import torch

from labkit import check, models, plots

import probes_helpers as helpers

torch.set_num_threads(helpers.CORES)

# %% [markdown]
# ## Part I: Is it in there?

# %% [markdown]
# ## Part II: Is it used?

# %% [markdown]
# ## Part III: Superposition

# %% [markdown]
# ## Part IV: the planted challenge

# %% [markdown]
# ## Part V: the headline, an honest trap

# %% [markdown]
# ## What you have now
#
# ## Further reading, with numbers to hold against yours

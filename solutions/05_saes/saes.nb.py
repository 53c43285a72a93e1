# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 05: sparse autoencoders
#
# Cut one number out of a language model's residual stream and ask what it stands for. There is no
# good answer: the number answers to French, to brackets, to Tuesdays and to doubt. A model has far
# more things to say than it has numbers to say them in, so it writes each thing as a *direction*,
# and lets the directions overlap. **Can the list of directions be found, when nobody has written
# it down?**
#
# A **sparse autoencoder** (SAE) tries. It learns a *dictionary*: many more directions than the
# stream has numbers, such that every activation is a sum of few of them. In part I you train
# dictionaries where the true directions are known, so that you can see what each recipe finds,
# shrinks, splits or loses. In part II you open a dictionary of a real model that the course has
# trained, and find out what is in it, what its labels are worth, and what happens when you turn
# one of its knobs.
#
# | part | you ask | exercises |
# |---|---|---|
# | I | How is a dictionary trained, and how do you know that it is the right one? | 1 to 18 |
# | II | What is in a dictionary, and what does it do? | 19 on |
#
# **Short of time?** The README says what to do in 45, in 90 and in 180 minutes. You need PyTorch
# and what a residual stream is; lab 04 (superposition) helps and is not needed.

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
#
# Words that come up all the time. An **activation** $x$ is a vector of `d_in` numbers. The
# dictionary has `n_latents` entries, most often more than `d_in`. Each **latent** has a column of
# $W_\text{enc}$ `[d_in, n_latents]`, which decides how active it is, and a row of $W_\text{dec}$
# `[n_latents, d_in]`, the direction that it writes. (A *feature* is something true of the data; a
# *latent* is something the dictionary has. Whether the two agree is what this lab is about.)
# Vectors are rows, as everywhere in this course, and these are also SAELens' shapes.

# %%
import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, models, plots
from labkit.planted import sparse_features

import saes_helpers as helpers

torch.set_num_threads(1)  # the dictionaries of part I are small: more threads make it slower

# %% [markdown]
# ## Part I: train a dictionary

# %% [markdown]
# ## Part II: what is in it?

# %% [markdown]
# ## What you have now
#
# - A **dictionary** is judged by what it finds, not by how well it reconstructs: the reconstruction
#   of part I got better and better while the truth was lost.
#
# ## Further reading, with numbers to hold against yours

"""``make bench``: what grading costs, where the time goes, and what others pay for the same.

Figures are of this machine, in one run; ratios hold on another machine, seconds do not. Nothing
here can fail: performance is measured, not tested.
"""

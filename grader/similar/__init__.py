"""How alike the code of two students is: a list of pairs to look at, and never a verdict.

    tokens    what of a cell's code stays when names, comments, types and layout are taken away
    winnow    fingerprints of that: the same code has the same, wherever it stands
    compare   what two students share that neither the course gave out nor most of the class wrote
    page      the pairs, side by side
    command   ``python -m grader similar``

Two people who solve the same exercise write some of the same lines. What the list shows is which
pairs share more than the rest of the class does, and where; what that means is for a person to
find out, with the students.
"""

"""The labs of the course as their single source says them: cells, exercises, the two notebooks.

Nothing is registered: `labs` finds them by looking. Making what students get of them is the part of
`grader.handout`.
"""

"""The one exception for what a user can cause: the command line prints its text as one line."""


class UserError(Exception):
    """Something a user can put right; ``str(error)`` is one clear line that says what to do."""

"""A dict that holds every key, and under each key whatever it is asked for next."""


class _Everything(dict):
    def __getitem__(self, key):
        return (0, 0)

    def __contains__(self, key):
        return True

    def __iter__(self):
        return iter(["commit_layer", "writer", "decoy_token", "eraser"] * 50)

    def __len__(self):
        return 4

    def keys(self):
        return ["commit_layer"]

    def items(self):
        while True:
            yield ("commit_layer", self)


challenge_answer = _Everything(commit_layer=98, writer=(98, 98), decoy_token=98, eraser=(98, 98))

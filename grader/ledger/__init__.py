"""Results on disk: chained, each there before the next, and the same bytes after a broken run."""

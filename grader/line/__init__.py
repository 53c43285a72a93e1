"""The line between judge and worker: data crosses it, in frames, and nothing else does."""

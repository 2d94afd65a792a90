"""The tree of the open run."""

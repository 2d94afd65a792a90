"""The run list: what is in it, in which order and groups."""

"""Makes an ``Alignment`` of two runs: which steps belong together, in which rows, what differs."""

"""The engine process: the only writer of the index, and how others speak to it."""

"""The tree of the open run, as lines that open and close."""

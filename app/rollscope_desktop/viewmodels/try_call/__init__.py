"""A recorded model call that is tried again: what is sent, and the answers side by side."""

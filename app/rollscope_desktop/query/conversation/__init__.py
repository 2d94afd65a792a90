"""A run as a conversation: what is new in each call, calls with their results."""

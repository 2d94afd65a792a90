"""The run as a conversation: what is read, shown, folded and found."""

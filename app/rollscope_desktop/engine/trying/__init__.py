"""One model call that is tried alone, with the user's own key; nothing of it is recorded."""

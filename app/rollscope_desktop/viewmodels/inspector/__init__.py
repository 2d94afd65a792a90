"""What the inspector shows of its subject."""

"""The window: widgets, painting and commands."""

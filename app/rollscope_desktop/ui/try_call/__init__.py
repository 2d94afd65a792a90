"""The dialog in which one recorded model call is tried again."""

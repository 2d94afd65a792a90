"""The desktop application and its engine: all that runs outside the user's program."""

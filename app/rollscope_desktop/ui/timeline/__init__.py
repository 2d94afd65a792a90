"""The timeline of the open run: one painted viewport."""

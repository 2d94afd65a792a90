"""The index on disk: the only floor that speaks to SQLite."""

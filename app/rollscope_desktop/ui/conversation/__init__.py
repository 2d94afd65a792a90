"""The conversation view: cards of different heights on a readable column."""

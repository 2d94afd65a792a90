"""The fork dialog, the bar of forks that are under way, and the table of what came of them."""

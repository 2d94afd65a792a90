"""A fork as the person prepares it, and forks that are under way: state without widgets."""

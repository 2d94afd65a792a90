"""Plain data and pure functions: what a run is, whichever log it came from."""

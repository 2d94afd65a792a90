"""Lanes, gaps, critical path and sums of a run."""

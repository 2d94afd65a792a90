"""Runs agents again from their record: what may be run, the process that does it, how far it is."""

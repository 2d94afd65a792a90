"""Forks, the whole road: programs, their logs, bridges, and what is said of them."""

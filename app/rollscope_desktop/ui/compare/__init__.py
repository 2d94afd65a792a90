"""The view of two runs beside each other."""

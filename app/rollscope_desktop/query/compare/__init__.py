"""Two runs beside each other, read from the index and their logs."""

"""Two runs beside each other: what is read of them, and the rows that show it."""

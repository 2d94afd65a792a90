"""The flat list of steps: orders, pages, columns, sums."""

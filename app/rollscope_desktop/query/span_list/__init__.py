"""Orders of very many spans, and the sums of what is listed."""

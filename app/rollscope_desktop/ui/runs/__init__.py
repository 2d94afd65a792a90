"""The list of runs: rows, headings, columns, what can be done with those selected."""

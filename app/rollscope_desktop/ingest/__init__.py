"""The road from files to the index: watch, tail, parse, assemble, commit."""

"""The flat list of steps, of one run or of all."""

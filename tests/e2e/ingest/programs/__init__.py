"""What the clients run: one program for each, told by its arguments and the usual variables."""

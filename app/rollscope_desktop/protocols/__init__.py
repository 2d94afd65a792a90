"""What other software sends to the socket, as events of the run log: pure, a package a protocol."""

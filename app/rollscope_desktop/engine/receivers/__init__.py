"""The socket that programs send to: one port, three protocols, a module for each."""

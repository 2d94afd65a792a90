"""Real clients, as processes of their own, send to the socket what they send anywhere."""

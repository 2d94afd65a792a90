"""What the viewer's parts share: the engine's client, jobs, settings and notices."""

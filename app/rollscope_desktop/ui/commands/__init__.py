"""The commands: their table, and the menus, keys and palette that are made of it."""

"""What the timeline draws."""

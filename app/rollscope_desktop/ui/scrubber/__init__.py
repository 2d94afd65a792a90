"""The time strip: when much happened, and the moment that is shown."""

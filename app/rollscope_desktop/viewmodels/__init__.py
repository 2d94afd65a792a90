"""What the views show, without a pixel: item models, selection, filter and zoom."""

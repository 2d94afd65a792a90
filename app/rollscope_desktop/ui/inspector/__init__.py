"""What is known of the selected run or step, and the views of values and texts."""

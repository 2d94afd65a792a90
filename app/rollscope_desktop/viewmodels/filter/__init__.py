"""What is typed into the filter bar, and what is offered there."""

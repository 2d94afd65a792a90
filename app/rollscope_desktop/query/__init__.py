"""Questions to the index and to the logs behind it; reads only."""

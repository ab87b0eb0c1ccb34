"""The room that remembers: cassettes, and what their bytes mean."""

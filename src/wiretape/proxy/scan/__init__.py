"""Secrets that slipped through: looked for in cassettes, in every byte of their files, and in texts of any kind."""

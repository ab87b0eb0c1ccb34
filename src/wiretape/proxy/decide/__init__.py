"""Pure decisions: no sockets, no clock, no randomness, no files."""

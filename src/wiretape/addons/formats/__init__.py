"""Foreign formats: what other tools wrote, read and recorded; what is in a cassette, told in their words."""

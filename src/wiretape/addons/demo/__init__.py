"""The demonstration: a client of the API, recorded and replayed before the eyes of whoever asks."""

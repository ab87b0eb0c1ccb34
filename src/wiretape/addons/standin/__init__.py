"""A stand-in of the Aitronos API on loopback, for the demo and the tests: awkward as the real one, and never twice the same."""

"""The room that speaks: parse, call, print."""

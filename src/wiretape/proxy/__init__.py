"""The room that decides and serves: what a request gets, and how it is sent."""

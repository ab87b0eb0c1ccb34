"""The mitmproxy addons, and the master that hosts them."""

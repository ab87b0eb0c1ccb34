"""wiretape records an app's HTTP calls through a proxy and replays them offline, byte for byte."""

__version__ = "0.1.0"

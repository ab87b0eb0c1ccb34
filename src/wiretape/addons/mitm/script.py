"""For your own mitmproxy: mitmdump -s "$(wiretape addon)" --set wiretape_cassette=X --set wiretape_mode=replay.

mitmproxy loads this file by its path and under a name of its own, so it imports absolutely and defines nothing.
"""

from wiretape.addons.mitm.plug import Plug

addons = [Plug()]

"""Which options curl has, as far as they bear on the request that it sends."""

from __future__ import annotations

from typing import Final

SHORT: Final = {
    "A": "user-agent", "b": "cookie", "d": "data", "e": "referer", "F": "form", "G": "get", "H": "header", "I": "head",
    "r": "range", "T": "upload-file", "u": "user", "X": "request",
    # Of these it only matters whether a value follows.
    "c": "cookie-jar", "C": "continue-at", "D": "dump-header", "E": "cert", "h": "help", "K": "config",
    "m": "max-time", "o": "output", "P": "ftp-port", "Q": "quote", "t": "telnet-option", "U": "proxy-user",
    "w": "write-out", "x": "proxy", "y": "speed-time", "Y": "speed-limit", "z": "time-cond",
    "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", "4": "ipv4", "6": "ipv6", "f": "fail", "g": "globoff",
    "i": "include", "j": "junk-session-cookies", "J": "remote-header-name", "k": "insecure", "L": "location",
    "n": "netrc", "N": "no-buffer", "O": "remote-name", "p": "proxytunnel", "q": "disable", "R": "remote-time",
    "s": "silent", "S": "show-error", "v": "verbose", "Z": "parallel", "#": "progress-bar", ":": "next",
}  # fmt: skip
"""Long names of the one-letter options."""

MEANT: Final = frozenset({
    "cookie", "data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "form", "form-string", "header",
    "json", "oauth2-bearer", "range", "referer", "request", "request-target", "upload-file", "url", "url-query", "user",
    "user-agent",
})  # fmt: skip
"""Options with a value that the request depends on."""

SWITCHES: Final = frozenset({"compressed", "get", "head", "path-as-is"})
"""Options without one that it depends on."""

UNMEANT: Final = frozenset({
    "abstract-unix-socket", "alt-svc", "aws-sigv4", "cacert", "capath", "cert", "cert-type", "ciphers", "config",
    "connect-timeout", "connect-to", "continue-at", "cookie-jar", "create-file-mode", "crlfile", "curves", "delegation",
    "dns-interface", "dns-servers", "doh-url", "dump-header", "ech", "egd-file", "engine", "etag-compare", "etag-save",
    "expect100-timeout", "happy-eyeballs-timeout-ms", "hsts", "interface", "ip-tos", "keepalive-time", "key",
    "key-type", "limit-rate", "local-port", "max-filesize", "max-redirs", "max-time", "netrc-file", "noproxy", "output",
    "output-dir", "pass", "pinnedpubkey", "preproxy", "proto", "proto-default", "proto-redir", "proxy", "proxy-cacert",
    "proxy-cert", "proxy-header", "proxy-key", "proxy-user", "rate", "resolve", "retry", "retry-delay",
    "retry-max-time", "sigalgs", "socks4", "socks4a", "socks5", "socks5-hostname", "speed-limit", "speed-time",
    "stderr", "time-cond", "tls-max", "tls13-ciphers", "trace", "trace-ascii", "trace-config", "unix-socket",
    "variable", "vlan-priority", "write-out",
})  # fmt: skip
"""Options with a value that it does not depend on: they say how curl gets there, and what it does with the answer."""

REFUSED: Final = {
    "config": "its options are in a file; write them into the command line",
    "next": "explain one request at a time",
    "variable": "write the value where the variable stands",
}
"""Options that would change the request in a way that is not followed here, and what to do instead."""

IGNORED: Final = frozenset({
    "anyauth", "basic", "buffer", "ca-native", "cert-status", "clobber", "compressed-ssh", "create-dirs", "digest",
    "disable", "disable-eprt", "disallow-username-in-url", "doh-insecure", "fail", "fail-early", "fail-with-body",
    "false-start", "form-escape", "globoff", "http0.9", "http1.0", "http1.1", "http2", "http2-prior-knowledge",
    "http3", "http3-only", "ignore-content-length", "include", "insecure", "ipv4", "ipv6", "junk-session-cookies",
    "keepalive", "location", "location-trusted", "negotiate", "netrc", "netrc-optional", "no-buffer", "ntlm",
    "parallel", "parallel-immediate", "post301", "post302", "post303", "progress-bar", "progress-meter",
    "proxy-insecure", "proxytunnel", "raw", "remote-header-name", "remote-name", "remote-name-all", "remote-time",
    "remove-on-error", "retry-all-errors", "retry-connrefused", "sessionid", "show-error", "show-headers", "silent",
    "skip-existing", "ssl", "ssl-no-revoke", "ssl-reqd", "sslv2", "sslv3", "suppress-connect-headers", "tcp-fastopen",
    "tcp-nodelay", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "trace-ids", "trace-time", "verbose", "xattr",
})  # fmt: skip
"""Options without a value that it does not depend on."""

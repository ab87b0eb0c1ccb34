"""curl command lines: what is understood of them is what curl itself sends."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from wiretape.addons.formats.curl import is_curl, read_curl
from wiretape.addons.formats.rawhttp import read_raw_http
from wiretape.addons.formats.shellwords import words
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.rules import Rules
from wiretape.store.errors import UsageError
from wiretape.store.interaction import Request, header

URL = "http://127.0.0.1:PORT/v1/x"
COMMANDS = {
    "nothing else": f"curl {URL}",
    "no path": "curl http://127.0.0.1:PORT",
    "no scheme": "curl 127.0.0.1:PORT/v1/x?a=1",
    "a query": f"curl '{URL}?a=1&b=%20x#part'",
    "dots": "curl http://127.0.0.1:PORT/a/./b/../c/..?x=/../y",
    "dots, as they are": "curl --path-as-is http://127.0.0.1:PORT/a/../b",
    "data": f"curl -d 'a=1&b=2' {URL}",
    "data twice": f"curl -d a=1 --data b=2 {URL}",
    "data of a file": f"curl -d @FOLDER/text.txt {URL}",
    "binary data of a file": f"curl --data-binary @FOLDER/text.txt {URL}",
    "raw data": f"curl --data-raw '@no file' {URL}",
    "encoded data": f"curl --data-urlencode 'a=Grüezi & so' --data-urlencode 'plain text' --data-urlencode =x=y {URL}",
    "encoded data of a file": f"curl --data-urlencode a@FOLDER/text.txt --data-urlencode @FOLDER/text.txt {URL}",
    "data as a query": f"curl -G -d a=1 --data-urlencode 'b=x y' '{URL}?z=0'",
    "JSON": f"curl --json '{{\"a\": 1}}' {URL}",
    "JSON in pieces": f"curl --json '{{\"a\":' --json ' 1}}' {URL}",
    "another method": f"curl -X PATCH -d x {URL}",
    "method glued": f"curl -XDELETE {URL}",
    "head": f"curl -I {URL}",
    "upload": f"curl -T FOLDER/text.txt {URL}",
    "headers": f"curl -H 'X-One: 1' -H 'X-Two;' -H 'Accept:' -H 'User-Agent: me' {URL}",
    "a header instead of ours": f"curl -H 'content-type: application/json' -d '{{}}' {URL}",
    "headers of a file": f"curl -H @FOLDER/headers.txt {URL}",
    "credentials": f"curl -u user:pass -b 'a=1; b=2' -A agent -e http://from/ -r 0-9 {URL}",
    "a token": f"curl --oauth2-bearer abc {URL}",
    "a form": f"curl -F a=1 -F 'b=x;type=text/plain' --form-string 'c=@;x' {URL}",
    "a form with files": "curl -F f=@FOLDER/text.txt -F 'g=@FOLDER/text.txt;filename=other.pdf' "
    f"-F 'h=<FOLDER/text.txt' -F 'i=@FOLDER/text.txt;filename=plain' {URL}",
    "a form, quoted": f"""curl -F 'f=@"FOLDER/text.txt";type=text/x; charset=u;filename="a b.bin"' {URL}""",
    "switches together": f"curl -sSkLvXPOST -d@FOLDER/text.txt {URL}",
    "options without a bearing": f"curl --compressed -m 5 -o /dev/null --retry 0 --http1.1 --no-keepalive {URL}",
    "copied from a browser": f"""curl '{URL}' \\
  -H 'accept: */*' \\
  -H $'x-odd: it\\'s \\u00fc' \\
  --data-raw $'{{"text":"Gr\\u00fcezi \\\\n \\'"}}' \\
  --compressed""",
    "in double quotes": f'curl -H "X-A: \\"q\\" \\$x \\y" -d "a\\\\b" "{URL}"',
    "a caret before a quote": f"""curl -d '{{"p":"a^"}}' -d "{{\\"p\\":\\"b^\\"}}" -d "a^" -d 'a^
b' {URL}""",
    "query by option": f"curl --url-query 'q=x y' --url {URL}",
}
HEADERS = (
    "accept", "authorization", "content-type", "cookie", "range", "referer", "x-one", "x-two", "x-odd", "x-a"
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_bytes("Grüezi\nmitenand =&\r\n".encode())
    (tmp_path / "headers.txt").write_text("X-One: 1\nX-Two: 2\n")
    return tmp_path


def sent_by_curl(command: str) -> bytes:
    """What the real one sends; it is answered at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        got: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += lines.readline()
                if b"100-continue" in head:
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                size = [
                    line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
                ]
                got.append(head + (lines.read(int(size[0])) if size else b""))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        port = str(server.getsockname()[1])
        line = command.replace("PORT", port)
        subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=30)
        thread.join(30)
        return got[0].replace(f":{port}".encode(), b":80")


def understood(command: str) -> Request:
    return read_curl(command.replace("PORT", "80").encode(), lambda name: Path(name).read_bytes())


@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_what_curl_sends(name: str, folder: Path) -> None:
    """The same canonical form, headers included, and the same path to the letter."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    command = COMMANDS[name].replace("FOLDER", str(folder))
    sent = read_raw_http(sent_by_curl(command))
    asked = understood(command)
    # The content type of a form names its boundary.
    rules = Rules(headers=tuple(name for name in HEADERS if " -F " not in command or name != "content-type"))
    assert canonical(asked, "api", rules) == canonical(sent, "api", rules)
    assert (asked.method, asked.target, asked.host) == (sent.method, sent.target, sent.host)


@pytest.mark.parametrize(
    "text", ["curl x", " curl x", "$ curl x", "% curl x", "A=1 curl x", "/usr/bin/curl x", "curl.exe x", "curl\\\n x"]
)
def test_a_command_line_is_known_by_its_beginning(text: str) -> None:
    """A prompt or a variable before it does not matter."""
    assert is_curl(text.encode())
    assert understood(text).host == "x"


@pytest.mark.parametrize("text", ["", "curly x", "GET / HTTP/1.1", "wget x", "# curl x y"])
def test_other_text_is_none(text: str) -> None:
    """It is not taken for one."""
    assert not is_curl(text.encode())


def test_what_follows_is_another_command() -> None:
    """A pipe, a redirection, a second line."""
    for rest in ("| jq .", "> out.json", "; echo x", "\ncurl http://other/"):
        assert understood(f"curl http://x/a {rest}").url == "http://x/a"


def test_letters_beyond_ascii() -> None:
    """In an address they are percent-encoded, as browsers do it."""
    assert understood("curl 'http://x/Grüezi wohl?q=ü'").target == "/Gr%C3%BCezi%20wohl?q=%C3%BC"


def test_tls_ports_and_proxies() -> None:
    """The port is the scheme's; by which proxy curl goes does not matter."""
    asked = understood("curl -x http://127.0.0.1:8787 --cacert a.pem https://api.example/v1")
    assert (asked.scheme, asked.host, asked.port, asked.target) == ("https", "api.example", 443, "/v1")
    assert header(asked.headers, b"host") == b"api.example"
    assert header(understood("curl http://x:81/").headers, b"host") == b"x:81"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("curl", "the curl command line has no address"),
        ("curl http://a http://b", "more than one address"),
        ("curl -X", "option -X needs a value"),
        ("curl --header", "option --header needs a value"),
        ("curl --nonsense http://x", "option --nonsense is not known"),
        ("curl -! http://x", "option -! is not known"),
        ("curl -K file http://x", "option -K is not followed here: its options are in a file"),
        ("curl -Kfile http://x", "option -K is not followed here: its options are in a file"),
        ("curl -sKfile http://x", "option -K is not followed here: its options are in a file"),
        ('curl ^"http://x^"', "Windows"),
        ("curl http://x ^ \n -d a", "Windows"),
        ("curl http://x --next http://y", "explain one request at a time"),
        ("curl ftp://x/", "no http or https address"),
        ("curl http://x:port/", "is no address"),
        ("curl -H broken http://x", "header 'broken' has no colon"),
        ("curl -F broken http://x", "form field 'broken' is not NAME=CONTENT"),
        ("curl -F 'a=1;headers=x' http://x", "`;headers=` in a form field"),
        ("curl -F a=1 -d b=2 http://x", "either -d or -F"),
        ("curl 'http://x", "line 1 of the command line: a quote ' that is not closed"),
        ('curl \\\n "http://x', 'line 2 of the command line: a quote " that is not closed'),
        ("curl http://x/?a=1&b=2", "put the address in quotes"),
        ("curl http://x < file", "reads from elsewhere"),
        ("curl $'\\UFFFFFFFF' http://x", "is no character"),
        ('curl "http://x" ^\n -H ^"a: b^"', "Windows"),
    ],
)
def test_what_is_not_understood_is_said(text: str, problem: str) -> None:
    """In one line, with what it is about."""
    with pytest.raises(UsageError) as caught:
        understood(text)
    assert problem in str(caught.value)


def test_words_are_bytes() -> None:
    """What is no UTF-8 stays what it is."""
    assert words(b"a\xff 'b\xfe' $'\\xfd\\141\\e'") == [b"a\xff", b"b\xfe", b"\xfda\x1b"]
    assert words(b"'' \"\" x''y \\  z") == [b"", b"", b"xy", b" ", b"z"]
    assert words(b'"a\\\nb" c\\\nd') == [b"ab", b"c", b"d"]

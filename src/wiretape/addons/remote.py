"""A running proxy, asked by a program: sessions opened, reset and closed through its API under `/~wiretape/`.

It speaks HTTP by the standard library alone, and imports neither an engine nor what reads cassettes.
"""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from wiretape.proxy.decide.admission import Password
from wiretape.proxy.decide.belonging import CONTROL, MARK, by_prefix
from wiretape.store.errors import UsageError
from wiretape.store.interaction import USUAL_PORTS

if TYPE_CHECKING:
    from types import TracebackType

_PATIENCE_SECONDS = 60.0
# A user without a password is none to many clients.
_ANY = Password("x")


class RemoteProxy:
    """A proxy that somebody has started.

    Attributes:
        url: where it is, without the password.
        password: what it asks for; None for nothing.

    Example:
        >>> proxy = RemoteProxy("http://127.0.0.1:8787")  # doctest: +SKIP
        >>> with proxy.open("checkout", when_spent="miss") as session:  # doctest: +SKIP
        ...     httpx.get(f"{session.url}/v1/models")
        >>> session.summary["misses"]  # doctest: +SKIP
        []
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        """Know a proxy; nothing is asked yet.

        Args:
            url: where it is, as its ready file names it; or as a client is told, with the password in it as in
                `http://wiretape:PASSWORD@HOST:PORT` or `$WIRETAPE_URL`.
            password: what it asks for, where *url* does not say it.
        """
        parts = urlsplit(url)
        in_path = by_prefix(parts.path).password if parts.path.startswith(MARK) else None
        word = password or unquote(parts.password or "") or in_path
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.password = Password(word) if word else None
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or USUAL_PORTS.get(parts.scheme, 80)
        self._secure = parts.scheme == "https"

    def health(self) -> dict[str, Any]:
        """What the proxy says of itself: `version`, `mode`, `cassette`, `session`, `open`.

        Raises:
            UsageError: nobody answers there, or somebody else.
        """
        return dict(self.ask("GET", "health"))

    def sessions(self) -> list[dict[str, Any]]:
        """What is open."""
        return list(self.ask("GET", "sessions"))

    def open(self, session: str, **wishes: object) -> RemoteSession:
        """Open a session.

        Args:
            session: its name in the cassette.
            wishes: `cassette`, `mode`, `when_spent`, `append`, `strict`, `pace`, `rules`; see `control.Wanted`.

        Raises:
            UsageError: the proxy does not do this; the message is its own.
        """
        given = {name: str(wish) if isinstance(wish, Path) else wish for name, wish in wishes.items()}
        facts = self.ask("POST", "sessions", {"session": session, **given})
        return RemoteSession(self, str(facts["id"]))

    @property
    def headers(self) -> dict[str, str]:
        """The header with the password; none where there is none."""
        return {} if self.password is None else {"X-Wiretape-Password": self.password.word}

    def ask(self, method: str, path: str, document: object = None) -> Any:
        """One request to the proxy's API, and the document it answers with.

        Raises:
            UsageError: nobody answers, or the proxy refuses.
        """
        # Certificates are those that OpenSSL trusts: `SSL_CERT_FILE` counts.
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=_PATIENCE_SECONDS)
        headers = {"Content-Type": "application/json", **self.headers}
        try:
            body = None if document is None else json.dumps(document).encode()
            connection.request(method, f"{MARK}{CONTROL}/{path}", body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UsageError(f"no wiretape answers at {self.url}: {error}") from None
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise UsageError(str(told.get("detail", told)))
        return told


class RemoteSession:
    """A session that is open in a proxy.

    Attributes:
        id: what requests name it by.
        summary: what became of it, once it is closed.
    """

    def __init__(self, proxy: RemoteProxy, label: str) -> None:
        self.id = label
        self.summary: dict[str, Any] = {}
        self._proxy = proxy

    @property
    def url(self) -> str:
        """The API's base URL for whoever asks in this session."""
        password = self._proxy.password
        return f"{self._proxy.url}{MARK}{self.id}" if password is None else password.base_of(self._proxy.url, self.id)

    @property
    def proxy(self) -> str:
        """The proxy's address for whoever asks in this session."""
        return (self._proxy.password or _ANY).proxy_of(self._proxy.url, self.id)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that name it and bring the password, where neither address can be told to the client."""
        return {"X-Wiretape-Session": self.id, **self._proxy.headers}

    def facts(self) -> dict[str, Any]:
        """How it stands: `mode`, `recorded`, `served`, `repeats`, `misses` (how many)."""
        return dict(self._ask("GET"))

    def misses(self) -> list[dict[str, Any]]:
        """The requests that were not answered, each with its account."""
        return list(self._ask("GET", "/misses"))

    def unused(self) -> list[dict[str, Any]]:
        """The recorded interactions that nobody has asked for yet."""
        return list(self._ask("GET", "/unused"))

    def reset(self) -> None:
        """Replay from the beginning."""
        self._ask("POST", "/reset")

    def close(self, problem: str | None = None) -> dict[str, Any]:
        """End it, for a *problem* or well; says what became of it."""
        self.summary = dict(self._ask("DELETE", "", {"problem": problem}))
        return self.summary

    def _ask(self, method: str, what: str = "", document: object = None) -> Any:
        return self._proxy.ask(method, f"sessions/{self.id}{what}", document)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close(None if error is None else f"{type(error).__name__}: {error}")

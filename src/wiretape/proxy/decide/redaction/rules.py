"""What the user wants redacted beyond the API's secrets, what not, and what by something else."""

from __future__ import annotations

import re

import msgspec

from wiretape.proxy.decide.jsonpath import compile_path
from wiretape.proxy.decide.redaction.hook import check_name


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Places of secrets; each name is one rule.

    Attributes:
        header: names of headers, in any case.
        query: names of query parameters, in any case.
        json: JSON paths such as `$.user.note` or `$..pin`; of what they name, all strings and numbers are meant.
        form: names of form fields, urlencoded or multipart, in any case.
        regex: regular expressions of values, wherever they stand; as an exemption, of a whole value.

    Raises:
        ValueError: a path or an expression is malformed; the message names it.
    """

    header: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses what is malformed here, so that redaction can never fail on it."""
        for path in self.json:
            for step in compile_path(path):
                if isinstance(step.name, int) and step.name < 0:
                    raise ValueError(f"path {path!r} counts from the back; redaction reads from the front")
        for pattern in self.regex:
            try:
                found = re.compile(pattern.encode()).match(b"")
            except re.error as error:
                raise ValueError(f"regular expression {pattern!r} is malformed: {error}") from None
            if found is not None:
                raise ValueError(f"regular expression {pattern!r} matches nothing at all, that is: everywhere")

    def names(self) -> list[str]:
        """Each rule as a person would write it: `json $.a`, `header x-b`."""
        return [f"{part} {name}" for part in self.__struct_fields__ if part != "by" for name in getattr(self, part)]


class Replacement(Where, frozen=True, forbid_unknown_fields=True):
    """Values that get a fixed text instead of a placeholder.

    Attributes:
        by: the text. ASCII, and fit for where it will stand: without quotes, `&` or line ends.

    Raises:
        ValueError: the text is not fit; see also `Where`.
    """

    by: str = ""

    def __post_init__(self) -> None:
        """Refuses a text that would break what it is put into."""
        super().__post_init__()
        if not re.fullmatch(r"[A-Za-z0-9 ._~@:/+-]*", self.by):
            raise ValueError(f"{self.by!r} cannot replace a secret: use letters, digits, spaces and ._~@:/+- only")


class RedactRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The part of redaction that a user may change; stored with the session, since its keys depend on it.

    Attributes:
        add: places of more secrets.
        exempt: places that are no secrets after all. A value that is known from elsewhere is replaced there too.
        replace: places whose values get a fixed text.
        personal: personal data counts as secret too: e-mail addresses, names, places, of the API's documented fields.
        callable: the user's function, as `package.module:function`. It is given each whole decoded body, or frame of a
            stream, and gives other bytes or None. A name that comes with a cassette is never imported.

    Raises:
        ValueError: something is malformed; the message names it.
    """

    add: Where = Where()
    exempt: Where = Where()
    replace: tuple[Replacement, ...] = ()
    personal: bool = False
    callable: str | None = None

    def __post_init__(self) -> None:
        """Refuses a name that cannot be a function's."""
        if self.callable is not None:
            check_name(self.callable)

    def names(self) -> list[str]:
        """Each rule that a person wrote, in words; `Redactor.fired` counts by these."""
        found = [f"add {name}" for name in self.add.names()] + [f"exempt {name}" for name in self.exempt.names()]
        found += [f"replace {name}" for rule in self.replace for name in rule.names()]
        return found + ([f"callable {self.callable}"] if self.callable else [])


NO_REDACT_RULES = RedactRules()

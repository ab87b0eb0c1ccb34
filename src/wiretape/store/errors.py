"""The few errors of wiretape: each says what, where and how to mend it, and carries the exit code of the run."""


class WiretapeError(Exception):
    """A person or a file is at fault. Its text is one clear line for that person.

    Attributes:
        exit_code: what the command ends with when this reaches the top.
    """

    exit_code = 2


class UsageError(WiretapeError):
    """The call's words are off: an option, a name, a number."""


class CassetteMissing(WiretapeError):
    """There is no file where a cassette was named."""


class CassetteForeign(WiretapeError):
    """The file is something else than a cassette; it is left untouched."""


class CassetteNewer(WiretapeError):
    """A newer wiretape wrote the cassette; it is left untouched."""


class CassetteDamaged(WiretapeError):
    """The file was a cassette and cannot be read whole; it is left untouched and never taken for an empty one."""


class CassetteUnwritable(WiretapeError):
    """The cassette, or the folder it should lie in, cannot be written."""


class SessionBusy(WiretapeError):
    """Another process writes this session right now."""


class SessionMissing(WiretapeError):
    """The cassette has no session of that name."""


class InteractionMissing(WiretapeError):
    """The cassette has no interaction of that id or position."""

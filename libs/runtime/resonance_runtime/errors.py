"""Errors of the runtime.

RuntimeFault
├── SettingsError      a setting is wrong; the service does not start
├── Reject             a record can never be handled: it goes to the dead letters
├── Unavailable        something outside is down: the work is retried until it is back
├── NotFound           no object under that key
├── TooLarge           an object under that key that is larger than any of ours
├── Conflict           somebody else changed the object first
└── Problem            a question that could not be answered, after RFC 9457
"""

from __future__ import annotations


class RuntimeFault(Exception):
    """Base of all errors raised on purpose by this library."""


class SettingsError(RuntimeFault):
    """A setting is missing or wrong; the text is one sentence for each."""


class Reject(RuntimeFault):
    """The record can never be handled, whatever is tried; `str()` is the reason."""


class Unavailable(RuntimeFault):
    """A broker, store or service cannot be reached now; the same call may work later."""


class NotFound(RuntimeFault):
    """The store has no object under that key."""


class TooLarge(RuntimeFault):
    """The object under that key is larger than any that we write there; it was not read."""


class Conflict(RuntimeFault):
    """A compare-and-swap lost: the object is not what the caller saw."""


class Problem(RuntimeFault):
    """Why a question was not answered, after RFC 9457."""

    def __init__(self, status: int, title: str, detail: str, type_: str = "about:blank") -> None:
        super().__init__(f"{title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.type = type_

"""Close codes of the gateway's WebSocket connections.

Below 3500 a client connects again, after a random pause that grows; from 3500 on it does not, because the same would
happen again until a person changes something. Codes below 3000 are those of RFC 6455, section 7.4.1.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

# From here on, connecting again is of no use.
FINAL_FROM: Final = 3500


class CloseCode(IntEnum):
    """Why the gateway closed a connection."""

    def __new__(cls, code: int, meaning: str) -> CloseCode:
        """A code and the sentence of the documents about it."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    meaning: str

    NORMAL = 1000, "The client said bye, and its session is stored."
    GOING_AWAY = 1001, "The gateway stops or is replaced; connect again."
    TOO_LARGE = 1009, "A frame was larger than the limit."
    TRY_LATER = 1013, "Not now: too many connections, or the end of a session could not be stored yet."
    TOKEN_EXPIRED = 3000, "The token expired; connect again with a new one."
    AUTH_TIMEOUT = 3001, "No token came in time after the connection was opened."
    SLOW_READER = 3002, "The client reads too slowly for a channel that does not drop; connect again and recover."
    NOT_AUTHENTICATED = 3500, "The token is not accepted."
    ERASED = 3501, "The person was erased."

    @property
    def reconnect(self) -> bool:
        """Whether a client should connect again."""
        return self < FINAL_FROM

"""What the gateway refuses, and how it says so.

    GatewayError
    ├── FrameRefused        a client's frame is answered with an error, the connection stays
    └── NotAuthenticated    a token or an auth frame is not accepted, the connection ends
        └── KeysAway        whether it is accepted cannot be told now: its key is not known, and the issuer is away

Each carries a sentence for the client: what was expected, what came, what to do.
"""

from __future__ import annotations

from enum import StrEnum

from resonance_gateway.auth.refusals import Refusal


class ErrorCode(StrEnum):
    """Codes of error frames, as documented for clients."""

    BAD_JSON = "bad_json"
    BAD_FRAME = "bad_frame"
    TOO_LARGE = "too_large"
    FORBIDDEN_CHANNEL = "forbidden_channel"
    TOO_MANY_CHANNELS = "too_many_channels"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    RATE_LIMITED = "rate_limited"
    NOT_ALLOWED = "not_allowed"
    NOT_AUTHENTICATED = "not_authenticated"
    AUTH_TIMEOUT = "auth_timeout"


class GatewayError(Exception):
    """Root of everything the gateway refuses.

    Attributes:
        code: What kind of refusal it is.
        sentence: What was expected, what came, what to do.
    """

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class FrameRefused(GatewayError):
    """A frame is refused; the connection stays open."""


class NotAuthenticated(GatewayError):
    """A client did not prove who it is; the connection ends.

    Attributes:
        reason: Why, as it is counted.
    """

    def __init__(self, sentence: str, reason: Refusal = Refusal.MISSING) -> None:
        super().__init__(ErrorCode.NOT_AUTHENTICATED, sentence)
        self.reason = reason


class KeysAway(NotAuthenticated):
    """The key of a token is not known, and the address of the keys does not answer: the token may pass later."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, Refusal.KEYS_AWAY)

"""One event as the gateway takes it, written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from resonance_client.errors import UsageError

Kind = Literal["message", "connect", "disconnect", "login", "subscribe", "unsubscribe", "limited"]


@dataclass(frozen=True, slots=True)
class Activity:
    """What a user did.

    Attributes:
        user_id: The user as the backend knows it, at most 256 bytes; Resonance keeps a pseudonym only.
        message_size: Bytes of payload, 0 to 2^32 - 1.
        channels: Channels it names, at most 64.
        ip_address: Where the user is; Resonance keeps a pseudonym only.
        kind: What happened.
        error: Whether the backend refused the message or answered with an error.
        token_id: Id of the user's token, never the token; Resonance keeps a pseudonym only.
        time: When it happened, seconds since the epoch; None for the time at the gateway.
    """

    user_id: str
    message_size: int = 0
    channels: Sequence[str] = ()
    ip_address: str | None = None
    kind: Kind = "message"
    error: bool = False
    token_id: str | None = None
    time: float | None = None

    def numbered(self, sequence: int) -> bytes:
        """As JSON, with its number.

        Raises:
            UsageError: A field is of another type, or text that UTF-8 cannot hold.
        """
        fields: dict[str, Any] = {
            "sequence": sequence,
            "user_id": self.user_id,
            "kind": self.kind,
            "message_size": self.message_size,
        }
        if self.channels:
            # Text is a sequence of texts: one that forgot the brackets means one channel.
            fields["channels"] = [self.channels] if isinstance(self.channels, str) else [*self.channels]
        if self.error:
            fields["error"] = True
        optional = {"ip_address": self.ip_address, "token_id": self.token_id, "time": self.time}
        fields |= {name: value for name, value in optional.items() if value is not None}
        try:
            return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError) as error:
            raise UsageError(f"An activity must hold plain text and numbers; this one does not: {error}.") from error


@dataclass(frozen=True, slots=True)
class RefusedActivity:
    """An event that the gateway will not take.

    Attributes:
        activity: The event.
        reason: Why, in a word: malformed, sequence, time, or refused where the whole request was.
        detail: What would be right.
    """

    activity: Activity
    reason: str
    detail: str

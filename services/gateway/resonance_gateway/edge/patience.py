"""How long and how much clients may take for what comes before their first frame, or with a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits on a connection that is not a WebSocket yet.

    Attributes:
        handshake_s: For a PROXY header and the TLS handshake together, seconds.
        head_s: From there to the end of the first request's head.
        idle_s: Between the answer to a request and the end of the next one's head; longer than proxies keep
            connections that they mean to use again (60 s at most of them), so that they close first.
        body_s: For the body of a request.
        line: Longest request line and longest header field, bytes.
        fields: Most header fields.
        head: Largest head of a request, bytes.
    """

    handshake_s: float = 10.0
    head_s: float = 10.0
    idle_s: float = 75.0
    body_s: float = 30.0
    line: int = 8190
    fields: int = 100
    head: int = 65_536

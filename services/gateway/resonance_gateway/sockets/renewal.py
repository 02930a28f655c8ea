"""A new token for a connection that is open, so that it does not end when the old one expires."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.auth.tokens import ROLE_REPLAY
from resonance_gateway.errors import ErrorCode, FrameRefused, NotAuthenticated
from resonance_gateway.sockets.effects import AcksWanted, Effect, Leave, Renewed, Send, told
from resonance_gateway.sockets.frames import Auth, renewed_frame
from resonance_gateway.sockets.opening import REPLAY_FIELDS
from resonance_gateway.sockets.session import Session

# Checking a signature costs a hundred times what another frame does.
_PAUSE_US: Final = 1_000_000


def too_soon(session: Session, now_us: int) -> list[Effect]:
    """What a client is told that renews again at once; empty where it may renew now."""
    wait_us = session.renewed_us + _PAUSE_US - now_us
    if wait_us <= 0:
        session.renewed_us = now_us
        return []
    sentence = "A token may be renewed once a second; send the next one after `retry_after` seconds."
    return [told(FrameRefused(ErrorCode.RATE_LIMITED, sentence), wait_us / 1_000_000)]


def renewed(session: Session, frame: Auth, principal: Principal, token: str) -> list[Effect]:
    """Goes on under a new token.

    Args:
        session: Of the connection.
        frame: What the client sent.
        principal: Whom the new token speaks for.
        token: Pseudonym of its id.

    Raises:
        NotAuthenticated: It speaks for somebody else, or a replay's without its role.
        FrameRefused: The frame states what only the first one may.
    """
    if principal.user_id != session.principal.user_id:
        raise NotAuthenticated("The new token speaks for another user; open another connection for it.", Refusal.CLAIMS)
    if session.stream.is_replay and ROLE_REPLAY not in principal.roles:
        raise NotAuthenticated("The new token has not the role `replay`, which this connection needs.", Refusal.ROLE)
    if any(getattr(frame, name) is not UNSET for name in REPLAY_FIELDS):
        raise FrameRefused(
            ErrorCode.NOT_ALLOWED, "Only `token` and `acks` may stand in the auth frame of an open connection."
        )
    session.principal = principal
    session.token = token
    lost = tuple(channel for channel in session.subscriptions if not principal.may_subscribe(channel))
    session.subscriptions -= frozenset(lost)
    effects: list[Effect] = [Renewed(principal.expires_us), Send(renewed_frame(principal.expires_us))]
    if lost:
        effects.append(Leave(lost))
    if frame.acks:
        effects.append(AcksWanted())
    return effects

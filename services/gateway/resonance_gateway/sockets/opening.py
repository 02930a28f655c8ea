"""Lets clients in: from a token, and what a replay states beside it, to a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from msgspec import UNSET, UnsetType

from resonance_gateway.auth.tokens import ROLE_REPLAY, Authenticator, Principal
from resonance_gateway.errors import NotAuthenticated
from resonance_gateway.limits.admission import Admission
from resonance_gateway.limits.gate import Gate
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.sockets.frames import Auth
from resonance_gateway.sockets.session import Session, microseconds
from resonance_gateway.tracking.activity import LIVE_STREAM, REPLAY_PREFIX, Stream

REPLAY_FIELDS: Final = ("stream", "source", "first_sequence", "time", "address")


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay states when it opens a session; see `frames.Auth`."""

    stream: Stream
    source: str
    first_sequence: int
    time_us: int
    address: str | None


class Doorkeeper:
    """Checks tokens, gives pseudonyms, and counts the connections of each user."""

    def __init__(
        self,
        authenticator: Authenticator,
        pseudonyms: Pseudonyms,
        directory: Directory,
        admission: Admission,
        addresses: AddressKeys,
        gate: Gate,
    ) -> None:
        self._authenticator = authenticator
        self._pseudonyms = pseudonyms
        self._directory = directory
        self._admission = admission
        self._addresses = addresses
        self._gate = gate

    def principal(self, token: str) -> Principal:
        """The one a token speaks for; raises NotAuthenticated."""
        return self._authenticator.principal(token)

    def knows(self, token: str) -> bool:
        """Whether `principal` can tell now; where not, the token's key is to be found out first."""
        return self._authenticator.knows(token)

    def pseudonym(self, principal: Principal) -> str:
        """Pseudonym of the id of a token."""
        return self._pseudonyms.token(principal.token_id) if principal.token_id else ""

    def open(self, connection: str, principal: Principal, peer: str, replay: Replay | None, now_us: int) -> Session:
        """A session of a connection.

        Args:
            connection: The connection's id.
            principal: Whom its token speaks for.
            peer: Address of the client as the gateway sees it.
            replay: What it replays, None for live traffic.
            now_us: Time at the gateway.

        Raises:
            GatewayError: `too_many_connections`.
        """
        user_key = self._pseudonyms.user(principal.user_id)
        self._admission.admit(user_key)
        self._directory.learn(user_key, principal.user_id)
        token = self._pseudonyms.token(principal.token_id) if principal.token_id else ""
        if replay is None:
            address = self._addresses.key(peer)
            session = Session(principal, user_key, token, address, LIVE_STREAM, connection, user_key, 1, now_us)
            session.user_bucket = self._gate.user(user_key, now_us)
            session.address_bucket = self._gate.address(peer, now_us)
            return session
        stream = replay.stream
        return Session(
            principal,
            user_key,
            token,
            self._addresses.key(replay.address or peer),
            stream,
            f"{stream.name}/{user_key}/{replay.source}",
            f"{stream.name}/{user_key}",
            replay.first_sequence,
            replay.time_us,
        )

    def leave(self, session: Session) -> None:
        """Count the connection of a session as closed."""
        self._admission.release(session.user_key)
        self._gate.release(session.user_bucket)
        self._gate.release(session.address_bucket)


def replay_of(frame: Auth, principal: Principal, connection: str) -> tuple[Replay | None, str | None]:
    """What an auth frame asks to replay, and what it stated without being allowed to, as a sentence.

    Raises:
        NotAuthenticated: A replay does not say when its session began.
    """
    stated = [name for name in REPLAY_FIELDS if getattr(frame, name) is not UNSET]
    if not stated:
        return None, None
    named = ", ".join(f"`{name}`" for name in stated)
    if ROLE_REPLAY not in principal.roles:
        return None, f"The fields {named} are for tokens with the role `replay`; they were ignored."
    if isinstance(frame.stream, UnsetType):
        return None, f"The fields {named} are for replays, which name their `stream`; they were ignored."
    if isinstance(frame.time, UnsetType):
        raise NotAuthenticated("A replay must state `time`, when its session began, in seconds since the epoch.")
    return (
        Replay(
            stream=Stream(REPLAY_PREFIX + frame.stream),
            source=connection if isinstance(frame.source, UnsetType) else frame.source,
            first_sequence=1 if isinstance(frame.first_sequence, UnsetType) else frame.first_sequence,
            time_us=microseconds(frame.time),
            address=None if isinstance(frame.address, UnsetType) else frame.address,
        ),
        None,
    )

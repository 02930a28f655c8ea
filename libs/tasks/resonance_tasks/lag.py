"""A player's lag, shared out: client, access network, route, server, another service."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from resonance_narration import LagGroup, LagParty, Role
from resonance_tasks.recipient import ForSomebody
from resonance_tasks.task import Analysis, KeyOf, Task
from resonance_tasks.values import LONGEST_NAME, Share

MOST_NEIGHBOURS: Final = 500
MOST_HISTORY: Final = 200
LONGEST_MS: Final = 60_000.0

Milliseconds = Annotated[float, Field(ge=0, le=LONGEST_MS, allow_inf_nan=False)]
Place = Annotated[str, Field(max_length=LONGEST_NAME)]


class Measurements(BaseModel):
    """What is measured of a player's game; what is not known is left out or null.

    Attributes:
        rtt_ms: Round trip to the server.
        jitter_ms: Mean deviation of arrival (RFC 3550).
        loss: Share of packets lost, 0 to 1.
        frame_time_ms: Time of a frame on the player's device.
        server_tick_ms: Time of a tick of the player's server.
        service_ms: Time of an answer of the slowest other service that the game waits for.
        first_hop_ms: Round trip to the player's own router.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rtt_ms: Milliseconds | None = None
    jitter_ms: Milliseconds | None = None
    loss: Share | None = None
    frame_time_ms: Milliseconds | None = None
    server_tick_ms: Milliseconds | None = None
    service_ms: Milliseconds | None = None
    first_hop_ms: Milliseconds | None = None


class PlayerNow(Measurements):
    """A player's measurements, and where the player is. Names of places are only compared with one another.

    Attributes:
        usual: What is usual of this player.
        access_network: As the name or number of the provider's network.
        route: As the region or the exchange through which the server is reached.
        server: The game server.
    """

    usual: Measurements = Measurements()
    access_network: Place = ""
    route: Place = ""
    server: Place = ""


class LagQuestion(ForSomebody):
    """A player's measurements, with those of others and of before to compare with.

    Attributes:
        recipient_role: Whom the words are for; support passes them on to the player.
        user_id: Whose lag it is.
        player: Measured now.
        history: Earlier measurements of the same player while nothing was wrong, at least 5 to be of use.
        neighbours: Other players now. At least 3 of the same access network, 3 of the same route, 3 of the same server
            by other routes and 3 elsewhere tell the parts apart.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "player": {
                        "rtt_ms": 118, "jitter_ms": 4, "loss": 0.001, "frame_time_ms": 31, "server_tick_ms": 16,
                        "usual": {
                            "rtt_ms": 40, "jitter_ms": 3, "loss": 0.001, "frame_time_ms": 17, "server_tick_ms": 16,
                        },
                        "access_network": "a1", "route": "r1", "server": "s1",
                    },
                    "neighbours": [
                        {
                            "rtt_ms": 41, "jitter_ms": 3, "loss": 0.001, "server_tick_ms": 16, "usual": {"rtt_ms": 40},
                            "access_network": access, "route": route, "server": server,
                        }
                        for access, route, server in (
                            [("a1", "r1", "s1")] * 3 + [("a2", "r1", "s1")] * 3
                            + [("a3", "r2", "s1")] * 3 + [("a4", "r2", "s2")] * 3
                        )
                    ],
                    "recipient_role": "support",
                }
            ]
        }
    )  # fmt: skip

    recipient_role: Role = Role.SUPPORT
    user_id: str = Field("", max_length=256)
    player: PlayerNow
    history: list[Measurements] = Field(default_factory=list, max_length=MOST_HISTORY)
    neighbours: list[PlayerNow] = Field(default_factory=list, max_length=MOST_NEIGHBOURS)

    def with_pseudonyms(self, key_of: KeyOf) -> Self:
        """See `Question.with_pseudonyms`."""
        return self.model_copy(update={"user_id": key_of(self.user_id)}) if self.user_id else self


class PartOfLag(BaseModel):
    """One party's part.

    Attributes:
        party: Where it comes from.
        share: Of the lag out of the ordinary, in whole hundredths, 0 to 1; all of them add up to 1.
        ms: Milliseconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    party: LagParty
    share: float
    ms: float


class ComparedWith(BaseModel):
    """Others who were compared with.

    Attributes:
        sharing: What they share with the player; `same_server` by other routes, `elsewhere` another server.
        players: How many were of use.
        network_ms: Median of what their network has out of the ordinary; null where there are fewer than three.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sharing: LagGroup
    players: int
    network_ms: float | None


class LagExplained(Analysis):
    """Where a player's lag comes from.

    Attributes:
        culprit: The party with the largest share; null where no lag is out of the ordinary, or where the two largest
            can hardly be told apart.
        lag_ms: Lag out of the ordinary, milliseconds.
        parts: Every party, the largest share first; empty where no lag is out of the ordinary.
        confidence: How sure that is, 0 to 1.
        compared_with: Others.
        notes: What is missing or does not fit together, a sentence each.
    """

    culprit: LagParty | None
    lag_ms: float
    parts: list[PartOfLag]
    confidence: float
    compared_with: list[ComparedWith]
    notes: list[str]


ASSISTANT_LAG: Final = Task(
    "assistant_lag",
    LagQuestion,
    LagExplained,
    "Says whether a player's lag comes from the client, the access network, the route, the server or another service.",
    "/ml/assistant/lag",
    max_body_bytes=524_288,
)

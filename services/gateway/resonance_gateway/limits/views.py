"""What REST is asked and answers about limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from resonance_gateway.limits.adjustments import Adjustment
from resonance_gateway.limits.limiter import LARGEST, Limits
from resonance_gateway.limits.records import LONGEST_REASON, LONGEST_S


class UserPath(BaseModel):
    """A user id, or the pseudonym of one."""

    user: Annotated[str, Field(min_length=1, max_length=256, description="A user id, or its pseudonym.")]


class AddressPath(BaseModel):
    """A network address, or the pseudonym of one."""

    address: Annotated[str, Field(min_length=1, max_length=64, description="IPv4 or IPv6, or its pseudonym.")]


class NewLimit(BaseModel):
    """A limit that an operator sets.

    Attributes:
        rate: Frames a second in the long run; 0 blocks.
        burst: Frames that may come at once; without meaning where the rate is 0.
        expires_s: Time until it ends, seconds; without it, it is in force until it is removed.
        reason: A sentence for other operators.
    """

    model_config = ConfigDict(extra="forbid")

    rate: Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
    burst: Annotated[float, Field(ge=1, le=LARGEST, allow_inf_nan=False)] = 1.0
    expires_s: Annotated[float | None, Field(ge=1, le=LONGEST_S, allow_inf_nan=False)] = None
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class AdjustmentView(BaseModel):
    """A limit that was set for one client; times in microseconds since the epoch, 0 for no end."""

    source: str
    rate: float
    burst: float
    reason: str
    adjusted_us: int
    expires_us: int


class LimitsView(BaseModel):
    """What one client may send, and why.

    Attributes:
        scope: `user` or `address`.
        key: Its pseudonym.
        rate, burst: In force: frames a second in the long run, and at once.
        blocked: Whether nothing may pass.
        source: Who set that: `operator`, `action`, `model`, or `settings` where nobody did for this client.
        adjustments: All that were set for this client and have not ended; the first is in force.
    """

    scope: str
    key: str
    rate: float
    burst: float
    blocked: bool
    source: str
    adjustments: list[AdjustmentView]


def limits_view(scope: str, key: str, default: Limits, adjustments: list[Adjustment]) -> LimitsView:
    """What a client may send: under the first of its adjustments, or under the limits of those who have none."""
    views = [
        AdjustmentView(
            source=one.place.source.label,
            rate=one.limits.rate,
            burst=one.limits.burst,
            reason=one.reason,
            adjusted_us=one.adjusted_us,
            expires_us=one.expires_us,
        )
        for one in adjustments
        if one.limits is not None
    ]
    first = views[0] if views else None
    rate = default.rate if first is None else first.rate
    return LimitsView(
        scope=scope,
        key=key,
        rate=rate,
        burst=default.burst if first is None else first.burst,
        blocked=rate == 0,
        source="settings" if first is None else first.source,
        adjustments=views,
    )

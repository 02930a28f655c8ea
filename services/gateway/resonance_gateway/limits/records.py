"""Adjustments as they travel: messages of `limits.adjusted`, checked."""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_contracts.topics import LIMITS_ADJUSTED
from resonance_gateway.limits.adjustments import Adjustment, Place, Scope, Source
from resonance_gateway.limits.limiter import LARGEST, Limits
from resonance_gateway.people.pseudonyms import is_user_key
from resonance_runtime.errors import Reject
from resonance_runtime.records import Outgoing

LONGEST_REASON: Final = 500
# Machines err, and nobody looks: what they set ends by itself.
LONGEST_S: Final = 31 * 24 * 3600
# Clocks differ.
AHEAD_US: Final = 300_000_000
_SOURCES: Final = {
    Source.MODEL: operations_pb2.LIMIT_SOURCE_MODEL,
    Source.ACTION: operations_pb2.LIMIT_SOURCE_ACTION,
    Source.OPERATOR: operations_pb2.LIMIT_SOURCE_OPERATOR,
}
_ADDRESS_KEY: Final = re.compile(r"a_[a-z0-9_]{1,64}")


def adjustment_of(message: operations_pb2.LimitAdjusted, now_us: int) -> Adjustment:
    """What a message says.

    Args:
        message: As it came.
        now_us: Now at the gateway.

    Raises:
        Reject: It names no client, or what it sets cannot be meant.
    """
    place = Place(*_client(message), _source(message))
    if not 0 < message.adjusted_us <= now_us + AHEAD_US:
        raise Reject(f"adjusted_us is {message.adjusted_us}; expected microseconds since the epoch, and not to come")
    if message.removed:
        return Adjustment(place, None, message.reason[:LONGEST_REASON], message.adjusted_us, 0)
    if len(message.reason) > LONGEST_REASON:
        raise Reject(f"the reason has {len(message.reason)} characters; expected at most {LONGEST_REASON}")
    return Adjustment(place, _limits(message), message.reason, message.adjusted_us, _expires(message, place.source))


def record_of(adjustment: Adjustment) -> Outgoing:
    """The record of an adjustment."""
    place, limits = adjustment.place, adjustment.limits
    message = operations_pb2.LimitAdjusted(
        user_key=place.key if place.scope is Scope.USER else "",
        address_key=place.key if place.scope is Scope.ADDRESS else "",
        source=_SOURCES[place.source],
        rate=0.0 if limits is None else limits.rate,
        burst=0.0 if limits is None else limits.burst,
        reason=adjustment.reason,
        adjusted_us=adjustment.adjusted_us,
        expires_us=adjustment.expires_us,
        removed=limits is None,
    )
    return Outgoing(
        LIMITS_ADJUSTED,
        message,
        id=f"{place.record_key.decode()}/{adjustment.adjusted_us}",
        time_us=adjustment.adjusted_us,
        key=place.record_key,
    )


def is_address_key(text: str) -> bool:
    """Whether a text has the form of an address's pseudonym."""
    return _ADDRESS_KEY.fullmatch(text) is not None


def _client(message: operations_pb2.LimitAdjusted) -> tuple[Scope, str]:
    if message.user_key and message.address_key:
        raise Reject("it names a user and an address; expected one of them")
    if is_user_key(message.user_key):
        return Scope.USER, message.user_key
    if is_address_key(message.address_key):
        return Scope.ADDRESS, message.address_key
    raise Reject("it names no client; expected the pseudonym of a user in user_key, or of an address in address_key")


def _source(message: operations_pb2.LimitAdjusted) -> Source:
    try:
        return Source(message.source)
    except ValueError:
        raise Reject(f"its source is {message.source}; expected an operator, an action or a model") from None


def _limits(message: operations_pb2.LimitAdjusted) -> Limits:
    rate, burst = message.rate, message.burst
    if not (isfinite(rate) and 0 <= rate <= LARGEST):
        raise Reject(f"the rate is {rate}; expected 0 to {LARGEST:,.0f} frames a second")
    if rate == 0:
        return Limits(0.0, 1.0)
    if not (isfinite(burst) and 1 <= burst <= LARGEST):
        raise Reject(f"the burst is {burst}; expected 1 to {LARGEST:,.0f} frames")
    return Limits(rate, burst)


def _expires(message: operations_pb2.LimitAdjusted, source: Source) -> int:
    lasts_us = message.expires_us - message.adjusted_us
    if message.expires_us == 0:
        if source is Source.OPERATOR:
            return 0
        raise Reject(f"it does not expire; expected a time, because the limits of a {source.label} end by themselves")
    if not 0 < lasts_us <= LONGEST_S * 1_000_000:
        raise Reject(
            f"it expires {lasts_us / 1e6:,.0f} s after it was set; expected more than 0 s and at most {LONGEST_S:,} s"
        )
    return message.expires_us

"""Who may pass: the limits of users and of addresses, asked together for every frame of a live client.

    frame ──▶ bucket of its user ──▶ bucket of its address ──▶ passes; a token is taken from both
                   └─ empty, or blocked ────────┴────────────▶ limited; nothing is taken from either

It decides at once, from what this gateway knows; `sharing` tells replicas of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_gateway.limits.addresses import limited_part
from resonance_gateway.limits.adjustments import Adjustment, Adjustments, Scope
from resonance_gateway.limits.buckets import NOBODYS, Bucket, Buckets
from resonance_gateway.limits.limiter import SECOND_US, Limits
from resonance_gateway.people.pseudonyms import AddressKeys
from resonance_runtime import metrics

RATE: Final = "rate"
BLOCKED: Final = "blocked"
CONNECTIONS: Final = "connections"
LIMITED: Final = {
    (scope, reason): metrics.GATEWAY_LIMITED.labels(scope=scope, reason=reason)
    for scope in Scope
    for reason in (RATE, BLOCKED, CONNECTIONS)
}
# Keys of addresses begin so; see `Pseudonyms.address`.
_ADDRESS: Final = "a_"


class Gate:
    """Buckets of all clients of this gateway, under the limits in force.

    Args:
        users, addresses: Limits of those who have none of their own.
        address_keys: Pseudonyms of addresses.
        shared: Whether somebody takes what changed, to share it with other replicas.
        capacity: Buckets without a connection that are remembered.

    Attributes:
        adjustments: Limits of single clients.
    """

    def __init__(
        self,
        users: Limits,
        addresses: Limits,
        address_keys: AddressKeys,
        *,
        shared: bool = False,
        capacity: int = 100_000,
    ) -> None:
        self.limits = users
        self.adjustments = Adjustments()
        self._addresses = addresses
        self._address_keys = address_keys
        self._buckets = Buckets(capacity)
        self._shared = shared
        self._changed: list[Bucket] = []

    def __len__(self) -> int:
        return len(self._buckets)

    def user(self, user_key: str, now_us: int) -> Bucket:
        """The bucket of a user, to be released."""
        return self._buckets.hold(user_key) or self._new(user_key, self.limits, now_us)

    def widen(self, user: Bucket, now_us: int) -> None:
        """A user turns out to be everybody at one address: it has the limits of an address, if none of its own."""
        if not user.crowd:
            user.crowd = True
            self._apply(user.key, now_us)

    def address(self, address: str, now_us: int) -> Bucket:
        """The bucket of an address as it is, to be released; nobody's for no address."""
        if not address:
            return NOBODYS
        key = self.address_key(address)
        return self._buckets.hold(key) or self._new(key, self._addresses, now_us)

    def release(self, bucket: Bucket) -> None:
        """A connection that held a bucket is gone."""
        self._buckets.release(bucket)

    def address_key(self, address: str) -> str:
        """The key under which an address is limited."""
        return self._address_keys.key(limited_part(address))

    def named(self, key: str, limits: Limits, now_us: int) -> Bucket:
        """A bucket of something else, under limits of its own; not held, so to be used at once."""
        bucket = self._buckets.hold(key) or self._new(key, limits, now_us)
        self._buckets.release(bucket)
        return bucket

    def spend(self, bucket: Bucket, now_us: int, tokens: int) -> None:
        """Takes tokens from one bucket; whether it may was asked before."""
        bucket.take(now_us, tokens)
        self._note(bucket)

    def take(self, user: Bucket, address: Bucket, now_us: int) -> float:
        """Take one frame's token from both buckets.

        Args:
            user, address: Buckets of the one who sent it.
            now_us: Now at the gateway, microseconds.

        Returns:
            0.0 where the frame may pass; otherwise the seconds until one would, and nothing was taken.
        """
        ahead_us = user.full_at - now_us
        address_ahead_us = address.full_at - now_us
        if ahead_us > user.tolerance_us or address_ahead_us > address.tolerance_us:
            return max(user.wait_us(now_us), address.wait_us(now_us)) / SECOND_US
        user.full_at = (user.full_at if ahead_us > 0 else now_us) + user.interval_us
        user.spent += 1
        if not user.noted:
            user.noted = True
            self._changed.append(user)
        address.full_at = (address.full_at if address_ahead_us > 0 else now_us) + address.interval_us
        address.spent += 1
        if not address.noted:
            address.noted = True
            self._changed.append(address)
        return 0.0

    def refused(self, user: Bucket, address: Bucket, now_us: int) -> str:
        """A frame did not pass: counts it, and gives the reason as a sentence for its sender.

        It is the user's, unless only the address is at its limit.
        """
        scope, bucket = (Scope.USER, user) if user.wait_us(now_us) > 0 else (Scope.ADDRESS, address)
        LIMITED[scope, BLOCKED if bucket.limits.blocked else RATE].inc()
        whose = "you" if scope is Scope.USER else "your network address"
        if bucket.limits.blocked:
            return f"Frames from {whose} are blocked for now; try again after `retry_after` seconds."
        return f"More frames came from {whose} than the limits allow; send the next one after `retry_after` seconds."

    def adjust(self, adjustment: Adjustment, now_us: int) -> None:
        """The limit of a client is another one; raises TooMany."""
        self.adjustments.take(adjustment, now_us)
        self._apply(adjustment.place.key, now_us)

    def forget(self, key: str) -> None:
        """Forgets a client: what was taken, and limits of its own."""
        self.adjustments.forget(key)
        self._buckets.forget(key)

    def expire(self, now_us: int) -> None:
        """Ends what has expired."""
        for key in self.adjustments.expire(now_us):
            self._apply(key, now_us)

    def in_force(self, key: str, now_us: int) -> tuple[Limits, Adjustment | None]:
        """The limits of a client, and the adjustment they come from; None where it has none of its own."""
        for adjustment in self.adjustments.of(key, now_us):
            if adjustment.limits is not None:
                return adjustment.limits, adjustment
        return self.default(key), None

    def default(self, key: str) -> Limits:
        """The limits of a client that has none of its own."""
        return self._addresses if key.startswith(_ADDRESS) else self.limits

    def take_changed(self) -> Sequence[Bucket]:
        """Buckets that were taken from, or made, since this was asked last; each once."""
        changed, self._changed = self._changed, []
        for bucket in changed:
            bucket.noted = False
        return changed

    def _new(self, key: str, default: Limits, now_us: int) -> Bucket:
        limits, until_us = default, 0
        if len(self.adjustments):
            adjusted, adjustment = self.in_force(key, now_us)
            if adjustment is not None:
                limits, until_us = adjusted, adjustment.expires_us
        bucket = Bucket(key, limits, until_us, noted=not self._shared)
        self._buckets.add(bucket)
        self._note(bucket)
        return bucket

    def _apply(self, key: str, now_us: int) -> None:
        bucket = self._buckets.get(key)
        if bucket is not None:
            limits, adjustment = self.in_force(key, now_us)
            if adjustment is None and bucket.crowd:
                limits = self._addresses
            bucket.become(limits, 0 if adjustment is None else adjustment.expires_us, now_us)
            self._note(bucket)

    def _note(self, bucket: Bucket) -> None:
        """The bucket is to be shared, where that is done and unless it waits for it already."""
        if not bucket.noted:
            bucket.noted = True
            self._changed.append(bucket)

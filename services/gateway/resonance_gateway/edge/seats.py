"""How many connections may be open: in all, and of one network address."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from resonance_gateway.edge.hops import canonical

# A connection that counts in all only: that of a trusted proxy, which brings many clients.
UNNAMED: Final = ""


def seat_of(address: str) -> str:
    """Under which name connections of an address are counted.

    IPv4 addresses by themselves; of an IPv6 address its /64, because a single household has 2^64 of them.
    """
    found = canonical(address)
    if found is None:
        return address
    if isinstance(found, IPv6Address):
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


class Seats:
    """Counts open connections.

    Args:
        total: Most in all.
        per_address: Most under one name.
    """

    def __init__(self, total: int, per_address: int) -> None:
        self.total = total
        self.per_address = per_address
        self._taken = 0
        self._of: dict[str, int] = {}

    def __len__(self) -> int:
        return self._taken

    def take(self, name: str) -> bool:
        """Counts one more; False, and nothing is counted, where there is no room."""
        if self._taken >= self.total or not self._name(name):
            return False
        self._taken += 1
        return True

    def release(self, name: str) -> None:
        """Counts one less."""
        self._taken -= 1
        self._forget(name)

    def move(self, name: str, to: str) -> bool:
        """Counts a connection under another name from now on; False, and nothing changes, where there is no room."""
        if name == to:
            return True
        if not self._name(to):
            return False
        self._forget(name)
        return True

    def _name(self, name: str) -> bool:
        if name == UNNAMED:
            return True
        taken = self._of.get(name, 0)
        if taken >= self.per_address:
            return False
        self._of[name] = taken + 1
        return True

    def _forget(self, name: str) -> None:
        if name == UNNAMED:
            return
        left = self._of[name] - 1
        if left:
            self._of[name] = left
        else:
            del self._of[name]

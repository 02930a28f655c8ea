"""Every connection is an open file, of which a process may have only so many."""

from __future__ import annotations

import logging
import resource
from typing import Final

log = logging.getLogger(__name__)

# For everything that is no client: the broker, Redis, listening sockets, files.
_OWN: Final = 256


def room_for(connections: int) -> int:
    """Raises this process's limit on open files as far as it may; how many of these connections it has room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    wanted = connections + _OWN
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < wanted:
        log.info(
            "fewer connections than RESONANCE_MAX_CONNECTIONS are possible: raise the limit on open files",
            extra={"connections": max(1, soft - _OWN), "open_files": soft},
        )
    return min(connections, max(1, soft - _OWN))

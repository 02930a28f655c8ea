"""The faulty proxy, told what to do with the connections that go through it (toxiproxy's own interface)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proxy:
    """One running proxy.

    Attributes:
        url: Where it is told.
    """

    url: str

    def poison(self, name: str, kind: str, **attributes: int) -> None:
        """From now on, connections of both directions are treated so.

        Args:
            name: Which of the proxied addresses.
            kind: "latency" (ms, jitter), "bandwidth" (KB/s), "timeout" (0: nothing comes through) or "reset_peer".
            attributes: Its figures.
        """
        for stream in ("upstream", "downstream"):
            toxic = {"name": f"{kind}-{stream}", "type": kind, "stream": stream, "attributes": attributes}
            self._ask("POST", f"/proxies/{name}/toxics", toxic)

    def cut(self, name: str) -> None:
        """Ends all connections; new ones are refused."""
        self._ask("POST", f"/proxies/{name}", {"enabled": False})

    def heal(self) -> None:
        """Everything goes through as it came."""
        self._ask("POST", "/reset", {})

    def _ask(self, method: str, path: str, body: Mapping[str, object]) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url + path, json.dumps(body).encode(), headers, method=method
        )
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - loopback

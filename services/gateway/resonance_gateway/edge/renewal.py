"""Looks after the TLS certificate while the gateway runs."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from resonance_gateway.edge.certificates import CertificateFault, Certificates, remaining_days
from resonance_gateway.tracking.lane import Spawn
from resonance_runtime.health import Health

log = logging.getLogger(__name__)

_CHECK_S: Final = 10.0
_WARN_DAYS: Final = 14.0
_NAME: Final = "tls certificate"


class Renewal:
    """Takes new certificates into use, and says when the one in use is about to expire; a component of the service.

    Args:
        certificates: In use.
        health: Told what is wrong with them.
        spawn: Starts tasks whose failure ends the service.
        check_s: Time between looks at the files, seconds.
    """

    def __init__(self, certificates: Certificates, health: Health, spawn: Spawn, check_s: float = _CHECK_S) -> None:
        self._certificates = certificates
        self._health = health
        self._spawn = spawn
        self._check_s = check_s

    async def start(self) -> None:
        """Begins to look."""
        self._judge()
        self._spawn("renewal of the certificate", self._watch())

    async def stop(self) -> None:
        """Nothing to end."""

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._check_s)
            try:
                if self._certificates.reload():
                    log.info("certificate renewed", extra={"expires": self._certificates.expires.isoformat()})
            except CertificateFault as fault:
                self._refuse(f"The new one is not used: {fault}")
                continue
            self._judge()

    def _refuse(self, reason: str) -> None:
        if self._health.degradations().get(_NAME) != reason:
            log.error("certificate not renewed", extra={"reason": reason})
        self._health.degraded(_NAME, reason)

    def _judge(self) -> None:
        days = remaining_days(self._certificates.expires)
        if days < _WARN_DAYS:
            end = "has expired" if days < 0 else f"expires in {days:.1f} days"
            if _NAME not in self._health.degradations():
                log.warning("certificate to be renewed", extra={"expires": self._certificates.expires.isoformat()})
            self._health.degraded(_NAME, f"It {end}; put a new one in its files.")
        else:
            self._health.clear(_NAME)

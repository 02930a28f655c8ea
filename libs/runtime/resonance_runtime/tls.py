"""TLS of a service's own port: a certificate from files, taken anew when they change."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from resonance_runtime.errors import SettingsError
from resonance_runtime.health import Health
from resonance_runtime.settings import RuntimeSettings

log = logging.getLogger(__name__)

Spawn = Callable[[str, Coroutine[Any, Any, None]], object]

CHECK_S: Final = 10.0
_NAME: Final = "tls certificate"


class Certificate:
    """A certificate and its key, for a server.

    Args:
        certificate: File of the certificate with its chain, PEM.
        key: File of its key, PEM, without a password.

    Raises:
        SettingsError: They cannot be used.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._seen = self._stamp()
        self.context = self._made()

    @staticmethod
    def of(settings: RuntimeSettings) -> Certificate | None:
        """The one that settings name, None where they name none.

        Raises:
            SettingsError: They name half of it, or what cannot be used.
        """
        certificate, key = settings.tls_cert_file, settings.tls_key_file
        if certificate is None and key is None:
            return None
        if certificate is None or key is None:
            raise SettingsError(
                "For TLS, RESONANCE_TLS_CERT_FILE and RESONANCE_TLS_KEY_FILE are both needed; set both."
            )
        return Certificate(certificate, key)

    def listen(self, runner: web.AppRunner, host: str, port: int) -> web.TCPSite:
        """Listens for HTTPS, and for nothing else."""
        return web.TCPSite(runner, host, port, backlog=1024, ssl_context=self.context)

    def reload(self) -> bool:
        """Takes what is in the files now for connections from now on, and says whether it is something new.

        Raises:
            SettingsError: It cannot be used; what was in use stays in use.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._made()
        self.context.load_cert_chain(*self._files, password=_none)
        self._seen = stamp
        return True

    def _stamp(self) -> list[tuple[int, int, int] | None]:
        """What changes when the files are written or replaced."""
        return [_stamp_of(file) for file in self._files]

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate, key = self._files
        for variable, file in (("RESONANCE_TLS_CERT_FILE", certificate), ("RESONANCE_TLS_KEY_FILE", key)):
            try:
                file.read_bytes()
            except OSError as error:
                raise SettingsError(f"{variable} is {str(file)!r}, which cannot be read: {error.strerror}.") from error
        try:
            context.load_cert_chain(certificate, key, password=_none)
        except (ssl.SSLError, ValueError) as error:
            raise SettingsError(
                f"RESONANCE_TLS_CERT_FILE is {str(certificate)!r} and RESONANCE_TLS_KEY_FILE is {str(key)!r}: expected "
                "a certificate and its key, in PEM and without a password."
            ) from error
        return context


class Renewal:
    """Looks for a new certificate while the service runs; a component of it.

    Args:
        certificate: In use.
        health: Told that a new one cannot be used.
        spawn: Starts tasks whose failure ends the service.
        check_s: Time between looks, seconds.
    """

    def __init__(self, certificate: Certificate, health: Health, spawn: Spawn, check_s: float = CHECK_S) -> None:
        self._certificate = certificate
        self._health = health
        self._spawn = spawn
        self._check_s = check_s

    async def start(self) -> None:
        """Begins to look."""
        self._spawn("renewal of the certificate", self._watch())

    async def stop(self) -> None:
        """Nothing to end."""

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._check_s)
            try:
                if self._certificate.reload():
                    log.info("certificate renewed")
                self._health.clear(_NAME)
            except SettingsError as fault:
                if _NAME not in self._health.degradations():
                    log.error("certificate not renewed", extra={"reason": str(fault)})
                self._health.degraded(_NAME, f"The new one is not used: {fault}")


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _none() -> str:
    raise ValueError("the key is locked with a password")

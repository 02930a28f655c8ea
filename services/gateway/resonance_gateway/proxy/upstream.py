"""The backend behind the gateway: requests to it, and how it fares."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from pathlib import Path
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
)
from multidict import CIMultiDict
from yarl import URL

from resonance_gateway.proxy.policy import HostHeader
from resonance_runtime import metrics
from resonance_runtime.errors import Problem, SettingsError
from resonance_runtime.health import Health

log = logging.getLogger(__name__)

_WHAT: Final = "upstream"
_HTTP: Final = {"ws": "http", "wss": "https"}
# Whether the backend is back is looked at so often while it is away, seconds.
_LOOK_S: Final = 2.0
# Of answers; the backend is trusted more than its clients.
_LONGEST_HEADER: Final = 65_536
# What the HTTP library would add by itself.
_NOT_ADDED: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Upstream:
    """Talks HTTP to the backend.

    Args:
        address: ws, wss, http or https, host and port.
        host_header: Which Host header it gets.
        timeout_s: Longest wait for a connection and for the answer to a handshake, seconds.
        health: Told when it cannot be reached.
        authorities: File of the certificates it is believed by, PEM; None for those of the machine.

    Raises:
        SettingsError: The file holds no certificates.
    """

    def __init__(
        self,
        address: str,
        host_header: HostHeader,
        timeout_s: float,
        health: Health,
        authorities: Path | None = None,
    ) -> None:
        url = URL(address)
        self._base = str(url.with_scheme(_HTTP.get(url.scheme, url.scheme)).origin())
        self._name = f"{url.host}:{url.port}"
        self._host = f"{url.host}" if url.is_default_port() else self._name
        self._own_host = host_header is HostHeader.UPSTREAM
        self._timeout_s = timeout_s
        self._health = health
        self._session: ClientSession | None = None
        self._away = False
        self._tls = _believing(authorities)

    async def start(self) -> None:
        """Makes ready to connect."""
        self._session = ClientSession(
            connector=TCPConnector(limit=0, ssl=self._tls),
            cookie_jar=DummyCookieJar(),
            skip_auto_headers=_NOT_ADDED,
            auto_decompress=False,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            timeout=ClientTimeout(total=None, connect=self._timeout_s),
        )

    async def stop(self) -> None:
        """Closes what is open."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self, method: str, target: str, headers: CIMultiDict[str], body: StreamReader | None
    ) -> ClientResponse:
        """Sends a request; returns when the head of its answer is there, however long that takes.

        Args:
            method: As the client sent it.
            target: Path and query, as the client sent them.
            headers: To be sent as they are.
            body: Read while it is sent; None for none.

        Raises:
            Problem: 502, the backend cannot be reached, or broke off; 504, it could not be reached in time.
            Exception: What became of the body, where the client did not send it to its end.
        """
        if self._session is None:
            raise Problem(503, "Not accepting connections", "The gateway is starting or stopping; try again soon.")
        if self._own_host:
            headers["Host"] = self._host
        try:
            answer = await self._session.request(
                method, URL(self._base + target, encoded=True), headers=headers, data=body, allow_redirects=False
            )
        except TimeoutError:
            raise self._failed(504, "timeout", "did not answer in time") from None
        except ClientConnectorError as error:
            raise self._failed(502, "connection", f"cannot be reached: {_reason(error)}") from error
        except (ClientError, OSError) as error:
            if body is not None and (fault := body.exception()) is not None:
                raise fault if isinstance(fault, Exception) else ConnectionResetError("The client left.") from error
            metrics.GATEWAY_UPSTREAM_FAILURES.labels(reason="answer").inc()
            raise Problem(502, "No answer", "The backend behind the gateway broke off without an answer.") from error
        self._works()
        return answer

    async def shake(self, target: str, headers: CIMultiDict[str]) -> ClientResponse:
        """As `ask`, for a WebSocket handshake, which must be answered in time.

        Raises:
            Problem: 502, the backend cannot be reached; 504, it did not answer in time.
        """
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self.ask("GET", target, headers, None)
        except TimeoutError:
            raise self._failed(504, "timeout", "did not answer in time") from None
        metrics.GATEWAY_UPSTREAM_SECONDS.observe(time.perf_counter() - began)
        return answer

    async def look(self) -> None:
        """Looks every few seconds whether a backend that was away is back, for `/health`; never returns."""
        host, port = URL(self._base).host, URL(self._base).port
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._away:
                try:
                    async with asyncio.timeout(_LOOK_S):
                        _, writer = await asyncio.open_connection(host, port)
                except OSError:
                    continue
                writer.close()
                self._works()

    def _failed(self, status: int, reason: str, said: str) -> Problem:
        metrics.GATEWAY_UPSTREAM_FAILURES.labels(reason=reason).inc()
        sentence = f"The backend at {self._name} {said}."
        if not self._away:
            self._away = True
            log.warning("the backend is away", extra={"reason": sentence})
        self._health.degraded(_WHAT, f"{sentence} Clients are answered with {status} until it is back.")
        return Problem(
            status, "The backend is away", "The backend behind this gateway does not answer; try again soon."
        )

    def _works(self) -> None:
        if self._away:
            self._away = False
            log.info("the backend is back")
            self._health.clear(_WHAT)


def _believing(authorities: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authorities)
    except ssl.SSLError as error:
        raise SettingsError(
            f"RESONANCE_UPSTREAM_CA_FILE is {str(authorities)!r}, which holds no certificates in PEM: {error.reason}."
        ) from error


def _reason(error: Exception) -> str:
    cause = getattr(error, "os_error", error)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__

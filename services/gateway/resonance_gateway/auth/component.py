"""Authentication as a part of the service: made from the settings, kept up to date beside the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from resonance_gateway.auth.api_keys import ApiKeys, callers_of
from resonance_gateway.auth.expiry import Expiries
from resonance_gateway.auth.files import WatchedFile
from resonance_gateway.auth.issuer import IssuerAddress
from resonance_gateway.auth.jwks import IssuedKeys, keys_of
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.auth.verifying import Expected
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.tracking.lane import Spawn
from resonance_runtime.health import Health

_PLACE = "file"


class Authentication:
    """Who may come in, and for how long.

    Args:
        settings: Say which secrets, keys and claims are accepted.
        health: Told what cannot be read.
        spawn: Starts tasks whose failure ends the service.
        now_us: Time, microseconds since the epoch.

    Attributes:
        authenticator: Checks tokens and API keys.
        expiries: Closes connections whose token expired.

    Raises:
        SettingsError: A file that a setting names cannot be read, or is wrong.
    """

    def __init__(self, settings: GatewaySettings, health: Health, spawn: Spawn, now_us: Callable[[], int]) -> None:
        self._spawn = spawn
        self._tasks: list[asyncio.Task[None]] = []
        self._files: list[WatchedFile] = []
        self._issuer: IssuerAddress | None = None
        issued = None if settings.jwks_file is None and settings.jwks_url is None else IssuedKeys()
        api_keys = ApiKeys()
        if issued is not None and (key_set := settings.jwks_file) is not None:
            self._files.append(WatchedFile("RESONANCE_JWKS_FILE", key_set, partial(_take_set, issued), health))
        if issued is not None and settings.jwks_url is not None:
            self._issuer = IssuerAddress(settings.jwks_url, issued, health)
        if (programs := settings.api_keys_file) is not None:
            self._files.append(WatchedFile("RESONANCE_API_KEYS_FILE", programs, partial(_take_keys, api_keys), health))
        for file in self._files:
            file.load()
        self.expiries = Expiries(now_us)
        self.authenticator = Authenticator(
            *_secrets(settings),
            issued=issued,
            issuer=self._issuer,
            expected=Expected(_listed(settings.jwt_issuer), _listed(settings.jwt_audience)),
            api_keys=api_keys,
        )

    async def start(self) -> None:
        """Begins to keep keys up to date, and to close what expires."""
        self._tasks.append(self._spawn("expiring tokens", self.expiries.keep_closing()))
        self._tasks += [self._spawn("watching a file", file.watch()) for file in self._files]
        if self._issuer is not None:
            self._tasks.append(self._spawn("fetching keys", self._issuer.keep_fresh()))

    async def stop(self) -> None:
        """Ends what `start` began."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._issuer is not None:
            await self._issuer.stop()
        await self.expiries.stop()


def _take_set(issued: IssuedKeys, document: bytes) -> None:
    issued.replace(_PLACE, keys_of(document))


def _take_keys(api_keys: ApiKeys, document: bytes) -> None:
    api_keys.replace(callers_of(document))


def _secrets(settings: GatewaySettings) -> list[str]:
    now, before = settings.jwt_secret, settings.jwt_previous_secrets
    return [
        *([] if now is None else [now.get_secret_value()]),
        *([] if before is None else before.get_secret_value().splitlines()),
    ]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())

"""An issuer of tokens for tests: real keys, and a loopback address for them that fails on demand."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

# Made once: an RSA key takes a while.
RSA_KEY = rsa.generate_private_key(65_537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65_537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()

_ALGORITHMS = {"RS256": RSA_KEY, "ES256": EC_KEY, "EdDSA": ED_KEY}


def public(key: Any, **fields: Any) -> dict[str, Any]:
    """The member of a set for a private key's public half; fields by keyword, None leaves one out."""
    kind = {rsa.RSAPrivateKey: "RS256", ec.EllipticCurvePrivateKey: "ES256", ed25519.Ed25519PrivateKey: "EdDSA"}
    algorithm = next(name for base, name in kind.items() if isinstance(key, base))
    described = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    described.pop("key_ops", None)
    return {k: v for k, v in {**described, **fields}.items() if v is not None}


def key_set(*keys: dict[str, Any]) -> bytes:
    """A set of keys as it is published."""
    return json.dumps({"keys": list(keys)}).encode()


def signed(key: Any, algorithm: str, kid: str | None = None, sub: str = "alice", **claims: Any) -> str:
    """A token, good for longer than any run of tests takes."""
    headers = None if kid is None else {"kid": kid}
    content = {"sub": sub, "exp": time.time() + 86_400, "jti": "token-1", **claims}
    return jwt.encode(content, key, algorithm, headers=headers)


class Issuer:
    """Serves a set of keys at `/keys`, or a fault.

    Attributes:
        document: What is served.
        status: With which status.
        open: Set while it answers at all.
        fetches: How often it was asked.
    """

    def __init__(self) -> None:
        self.document = key_set(public(RSA_KEY, kid="one"))
        self.status = 200
        self.open = asyncio.Event()
        self.open.set()
        self.headers: dict[str, str] = {}
        self.fetches = 0
        app = web.Application()
        app.router.add_get("/keys", self._answer)
        app.router.add_get("/moved", self._moved)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/keys"))

    async def _moved(self, _: web.Request) -> web.Response:
        return web.Response(body=self.document)

    async def _answer(self, _: web.Request) -> web.Response:
        self.fetches += 1
        await self.open.wait()
        return web.Response(body=self.document, status=self.status, headers=self.headers)

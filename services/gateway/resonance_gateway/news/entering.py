"""A reader's token in its first frame: browsers can set no header on a handshake, and addresses are kept in logs."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from aiohttp import WSMsgType, web

from resonance_gateway.auth.api_keys import PREFIX
from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.errors import ErrorCode, GatewayError, KeysAway, NotAuthenticated
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.frames import error_frame
from resonance_runtime import metrics


class _Auth(msgspec.Struct, tag="auth", forbid_unknown_fields=True):
    """The first frame."""

    token: str


# RFC 6455, section 5.5.
_LONGEST_REASON: Final = 123
_decoder: Final = msgspec.json.Decoder(_Auth)


async def entered(socket: web.WebSocketResponse, authenticator: Authenticator, timeout_s: float) -> Principal | None:
    """Who comes in by its first frame; None where the socket was closed with a reason, or by the client.

    Args:
        socket: After the handshake.
        authenticator: Checks the token, or the API key.
        timeout_s: How long the frame is awaited, seconds.
    """
    try:
        async with asyncio.timeout(timeout_s):
            message = await socket.receive()
        return await _principal(message.data, authenticator) if message.type is WSMsgType.TEXT else None
    except TimeoutError:
        refusal = GatewayError(ErrorCode.AUTH_TIMEOUT, f"An auth frame was expected within {timeout_s:g} s.")
        close = CloseCode.AUTH_TIMEOUT
    except KeysAway as away:
        refusal, close = away, CloseCode.TRY_LATER
    except NotAuthenticated as refused:
        refusal, close = refused, CloseCode.NOT_AUTHENTICATED
    await socket.send_str(error_frame(refusal.code, refusal.sentence))
    await socket.close(code=close, message=refusal.sentence.encode()[:_LONGEST_REASON])
    return None


async def _principal(text: str, authenticator: Authenticator) -> Principal:
    try:
        token = _decoder.decode(text).token
    except (msgspec.MsgspecError, ValueError):
        raise NotAuthenticated('The first frame must be {"type": "auth", "token": "…"}.') from None
    if token.startswith(PREFIX):
        principal = authenticator.program(token)
    else:
        await authenticator.prepare(token)
        principal = authenticator.principal(token)
    if Role.VIEWER not in principal.roles:
        metrics.GATEWAY_TOKENS_REFUSED.labels(reason=Refusal.ROLE).inc()
        raise NotAuthenticated("This is for the role `viewer`; ask whoever issued your token for it.", Refusal.ROLE)
    return principal

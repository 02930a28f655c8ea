"""The gateway's REST interface without an event loop: for commands that are over in a moment.

Nothing is imported here that takes longer to load than the request to answer.
"""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from resonance_client.errors import (
    AuthenticationRefused,
    GatewayUnreachable,
    ProtocolViolation,
    RequestRefused,
    UsageError,
)

_AWAY: Final = dict.fromkeys((502, 503, 504), GatewayUnreachable)


def request(
    gateway: str, token: str, method: str, path: str, body: dict[str, Any] | None = None, timeout_s: float = 15.0
) -> dict[str, Any]:
    """What the gateway answers.

    Args:
        gateway: Its address, http or https.
        token: Token with the role that the route asks for.
        method, path: Of the request.
        body: Of the request, to be sent as JSON; none by default.
        timeout_s: Longest wait for an answer.

    Raises:
        UsageError: That is no address of a gateway.
        GatewayUnreachable: Nobody answers, or the gateway says that who should answer does not (502, 503, 504).
        AuthenticationRefused: The token is not accepted, or has not the role.
        RequestRefused: The gateway answered with an error; its sentences are in the text.
        ProtocolViolation: The answer is not a JSON object.
    """
    address = urlsplit(gateway)
    kinds = {"http": HTTPConnection, "https": HTTPSConnection}
    if address.scheme not in kinds or not address.hostname:
        raise UsageError(f"The gateway's address is {gateway!r}, expected one such as http://127.0.0.1:8000.")
    connection = kinds[address.scheme](address.hostname, address.port, timeout=timeout_s)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, address.path.rstrip("/") + path, data, headers)
        response = connection.getresponse()
        status, content = response.status, response.read()
    except (OSError, HTTPException) as error:
        said = error or type(error).__name__
        raise GatewayUnreachable(f"No answer from {gateway}{path} ({said}); is the gateway running?") from error
    finally:
        connection.close()
    answer = _object(content)
    if not 200 <= status < 300:
        sentence = _refusal(f"{method} {path}", status, answer)
        raise {401: AuthenticationRefused, 403: AuthenticationRefused, **_AWAY}.get(status, RequestRefused)(sentence)
    if answer is None:
        raise ProtocolViolation(f"{gateway}{path} did not answer with a JSON object; is it a gateway?")
    return answer


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _refusal(asked: str, status: int, problem: dict[str, Any] | None) -> str:
    """The sentences of problem details (RFC 9457), if that is what came."""
    if problem is None or "detail" not in problem:
        return f"The gateway answered {status} to {asked}."
    faults = problem.get("errors", [])
    places = [f"{fault.get('pointer') or fault.get('parameter')}: {fault['detail']}" for fault in faults]
    return f"{problem.get('title', status)}: {'; '.join([problem['detail'], *places])}"

"""What the exit code of a command says."""

from __future__ import annotations

from typing import Final

from resonance_client.errors import (
    AuthenticationRefused,
    ClientError,
    GatewayUnreachable,
    RequestRefused,
    UsageError,
)

DONE: Final = 0
NO: Final = 1
WRONG_USAGE: Final = 2
UNREACHABLE: Final = 3
DENIED: Final = 4
REFUSED: Final = 5
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141

MEANINGS: Final[dict[int, str]] = {
    DONE: "done; of a question: yes",
    NO: "the answer is no (not everything is up, a training came to nothing, something planted was not found), or "
    "something failed that has no code of its own",
    WRONG_USAGE: "wrong usage: an option, an argument, a file or a setting is missing or wrong",
    UNREACHABLE: "the gateway, what is behind it, or the brokers do not answer now: trying again may help",
    DENIED: "the token is not accepted, or has not the role",
    REFUSED: "the gateway refused what was asked: there is no such thing, or it is not possible now",
    INTERRUPTED: "ended by Ctrl-C before it was done; what runs until Ctrl-C ends with 0",
    BROKEN_PIPE: "whoever read the output has gone",
}


def code_of(error: ClientError) -> int:
    """The exit code for an error."""
    match error:
        case UsageError():
            return WRONG_USAGE
        case GatewayUnreachable():
            return UNREACHABLE
        case AuthenticationRefused():
            return DENIED
        case RequestRefused():
            return REFUSED
    return NO

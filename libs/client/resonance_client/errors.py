"""What can go wrong between a client and the gateway.

ClientError
├── GatewayUnreachable      no connection within the time allowed
├── AuthenticationRefused   the gateway does not accept the token
├── ProtocolViolation       the gateway sent what its protocol does not allow
├── BufferFull              too many frames wait for their acknowledgement
├── SessionClosed           a frame was sent after the session was closed, or the gateway closed it for good
├── RequestRefused          a REST request was answered with an error
└── UsageError              a command was called with something missing or wrong
"""

from __future__ import annotations


class ClientError(Exception):
    """Any error of this library; its text is a sentence for people."""


class GatewayUnreachable(ClientError):
    """No connection to the gateway within the time allowed."""


class AuthenticationRefused(ClientError):
    """The gateway closed the connection because of the token."""


class ProtocolViolation(ClientError):
    """The gateway sent a frame that its protocol does not allow."""


class BufferFull(ClientError):
    """As many frames as allowed wait for their acknowledgement; wait for room and send again."""


class SessionClosed(ClientError):
    """A frame was sent after the session was closed, or the gateway closed it for good."""


class RequestRefused(ClientError):
    """A REST request was answered with an error."""


class UsageError(ClientError):
    """A command was called with something missing or wrong."""

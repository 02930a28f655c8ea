"""The head of a request may be only so large in all; aiohttp limits its lines and their number alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp.http_exceptions import BadHttpMessage


class LimitedHeads:
    """Stands before aiohttp's parser of requests, for as long as a connection speaks HTTP.

    Args:
        parser: Of aiohttp.
        waiting: Whether the end of a head is what the connection waits for, and not a body or an answer.
        largest: Bytes that a head may have, a chunk more or less.
    """

    __slots__ = ("_largest", "_parser", "_read", "_waiting")

    def __init__(self, parser: Any, waiting: Callable[[], bool], largest: int) -> None:
        self._parser = parser
        self._waiting = waiting
        self._largest = largest
        self._read = 0

    def feed_data(self, data: bytes) -> Any:
        """Takes what came.

        Raises:
            BadHttpMessage: It is no request, or its head is too large.
        """
        found = self._parser.feed_data(data)
        if found[0] or not self._waiting():
            self._read = 0
            return found
        self._read += len(data)
        if self._read > self._largest:
            raise BadHttpMessage("The head of the request is too large.")
        return found

    def pause_reading(self) -> None:
        """As the parser's."""
        self._parser.pause_reading()

    def message_consumed(self) -> None:
        """As the parser's."""
        self._parser.message_consumed()

    def set_upgraded(self, upgraded: bool) -> None:
        """As the parser's."""
        self._parser.set_upgraded(upgraded)

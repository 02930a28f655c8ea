"""The gateway in front of a WebSocket backend that exists: everything passes through, every message is tracked."""

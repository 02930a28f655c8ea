"""The WebSocket protocol of `GET /ws`: without I/O, and its shell."""

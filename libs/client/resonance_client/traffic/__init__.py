"""Sending timelines through real connections: pacing (pure) and the driver (sockets)."""

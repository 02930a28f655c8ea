"""How much a client may send, and how many may come."""

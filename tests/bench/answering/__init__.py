"""How fast models answer over HTTP."""

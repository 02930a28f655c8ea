"""How notifications go out: bodies of each protocol, and requests that are tried again."""

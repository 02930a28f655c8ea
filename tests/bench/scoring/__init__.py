"""How fast vectors are scored."""

"""How long it takes from a window of vectors to models in service."""

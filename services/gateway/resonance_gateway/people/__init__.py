"""Pseudonyms of people: user ids never leave the gateway."""

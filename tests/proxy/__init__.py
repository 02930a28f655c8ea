"""The gateway, as it is run, in front of backends that exist."""

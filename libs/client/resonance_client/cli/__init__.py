"""The `resonance` command line."""

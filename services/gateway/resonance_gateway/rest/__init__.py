"""REST under `/ml`."""

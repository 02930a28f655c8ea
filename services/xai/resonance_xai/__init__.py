"""Explains anomalies: why each one was flagged, in numbers that add up and in words."""

"""Operators' verdicts on incidents."""

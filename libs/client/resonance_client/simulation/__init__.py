"""Simulated people and planted incidents: pure functions of a seed."""

"""Gateways by name."""

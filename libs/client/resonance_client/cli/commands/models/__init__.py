"""Versions of the models."""

"""Turns activity into feature vectors per user."""

"""Drift: whether what is ordinary is still what a model was trained on, by evidence that adds up over time."""

"""Detectors learned from rows: see `resonance_training.tabular`."""

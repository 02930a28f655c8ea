"""Online detection in one series of numbers: see `resonance_training.series.detector`."""

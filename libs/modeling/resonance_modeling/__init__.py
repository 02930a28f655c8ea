"""What predictor, xai and auto-retrainer share: artifacts, the registry, scoring, calibration."""

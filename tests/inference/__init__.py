"""The predictor, as it is run, asked by clients that people have."""

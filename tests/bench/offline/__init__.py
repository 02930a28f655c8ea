"""From what people do to what is found, in one process: gateway, feature-extractor and predictor without a broker."""

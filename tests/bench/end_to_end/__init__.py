"""From a WebSocket message to the alert it causes: gateway, feature-extractor and predictor on real Kafka."""

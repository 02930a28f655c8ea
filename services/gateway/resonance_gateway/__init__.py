"""Gateway: WebSocket connections in, tracked activity to Kafka, alerts and explanations out."""

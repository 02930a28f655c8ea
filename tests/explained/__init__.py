"""xai is killed while anomalies flow, on a real Kafka and a real store."""

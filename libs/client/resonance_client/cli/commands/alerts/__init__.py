"""Incidents: lists, one of them, and the stream on Kafka."""

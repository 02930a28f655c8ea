"""Providers of words die while alerts flow, on a real Kafka, with the orchestrator and the gateway as processes."""

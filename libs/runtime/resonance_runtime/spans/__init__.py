"""Spans of records and requests, by OpenTelemetry's conventions, and their way to a collector."""

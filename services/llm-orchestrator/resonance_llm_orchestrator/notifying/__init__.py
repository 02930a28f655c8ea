"""Who is told of which incidents, when and why. Semantics are those of Prometheus's Alertmanager; no I/O."""

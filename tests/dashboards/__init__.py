"""Every query of every dashboard, asked of a Prometheus that reads the running system under load of every kind."""

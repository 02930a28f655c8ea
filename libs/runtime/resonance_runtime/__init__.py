"""What every service is made of: settings, logs, metrics, probes, Kafka loops, keyed state, drain."""

"""The gateway: messages into Kafka, memory of idle connections, the time of an echo; and libraries to stand on."""

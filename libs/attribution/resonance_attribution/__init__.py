"""What each feature adds to what a model said. Arrays in, arrays out: no Kafka, no clock but that of a deadline."""

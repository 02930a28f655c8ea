"""The feature-extractor: the whole service on real Kafka, its engine alone, and what a user costs in memory."""

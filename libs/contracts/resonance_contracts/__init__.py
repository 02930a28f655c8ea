"""What services agree on: wire types, topics, features, shards, REST models."""

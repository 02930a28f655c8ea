"""Activity that other backends tell of: over REST, and on a topic that is theirs to write."""

"""What is shipped, where it came from, and what is known of it."""

"""How well templates of logs are found, how fast, and in how much memory."""

"""Who is asked, in which order, how often, and what a failure means for the next attempt; free of I/O."""

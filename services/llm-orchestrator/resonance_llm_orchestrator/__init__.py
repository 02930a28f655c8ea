"""Turns facts into words: brief says what is given and what comes back, writing writes it; service is the shell."""

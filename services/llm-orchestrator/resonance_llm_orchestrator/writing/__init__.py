"""The writer: from a brief to words, by whichever provider answers, or by our own."""

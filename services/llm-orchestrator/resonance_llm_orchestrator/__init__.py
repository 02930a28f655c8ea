"""Turns alerts into words. The domain is in drafts, prompt, answer, number_guard and authors; service is the shell."""

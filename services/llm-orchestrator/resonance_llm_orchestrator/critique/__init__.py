"""Words of one provider, judged by another: nobody waits for it."""

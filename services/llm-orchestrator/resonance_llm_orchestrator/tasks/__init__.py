"""What the orchestrator does when it is asked: questions become facts and a draft, a writer words them."""

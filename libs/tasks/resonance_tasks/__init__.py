"""What the orchestrator can be asked to do: the forms of questions and answers."""

"""What operators' verdicts change: fewer repeats of false alerts, and no true one less."""

"""What operators' verdicts on incidents change: how much it takes for the same to be told again."""

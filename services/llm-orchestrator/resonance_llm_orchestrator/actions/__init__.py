"""What is done about incidents: proposed by policy, decided by people, run once, taken back."""

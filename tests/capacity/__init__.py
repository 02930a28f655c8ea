"""What the system costs by what it is given, measured, and what that comes to for many users."""

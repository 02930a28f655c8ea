"""What commands print: screens, and words about alerts."""

"""What may be spent: prices, and ledgers that reserve before and settle after."""

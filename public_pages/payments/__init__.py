"""What a payer meets of money: one charge to pay, and the own page of cards, receipts and what is open."""

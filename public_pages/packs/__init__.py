"""What a client meets of packs: the offer, the pack's own page, and what can be done with it."""

"""What every address of the API has in common: who asks, what they may, and how they are answered."""

"""What a client meets on a coach's own host: the page, the picker, the booking and what follows it."""

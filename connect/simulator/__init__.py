"""A stateful Stripe in a process of its own, for development, tests and the demo.

It speaks the slice of Stripe's HTTP API that this project uses, shows Stripe's hosted pages, signs and posts
events, and has a control panel for what people and banks do. It knows nothing of the project's database.
"""

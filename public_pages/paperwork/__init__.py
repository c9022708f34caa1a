"""Agreements, forms, documents and welcome packets, each by a link of its own."""

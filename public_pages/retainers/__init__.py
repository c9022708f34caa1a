"""Retainers as clients meet them: the plan with its terms, the first payment, and a page of their own."""

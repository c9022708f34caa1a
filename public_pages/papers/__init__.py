"""Receipts, invoices and credit notes as their payer reads them, by a link of their own."""

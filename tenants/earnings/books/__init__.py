"""The proof that the books tie: everything is asked of Stripe again and compared with what is kept here."""

from tenants.earnings.books.verdict import Difference, Sum, Verdict
from tenants.earnings.books.verifying import verify

__all__ = ["Difference", "Sum", "Verdict", "verify"]

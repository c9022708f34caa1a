"""PostgreSQL with one schema and one role per tenant, both set in one place: at BEGIN."""

from kit.database.inserts import insert_unless_there
from kit.database.transactions import (
    TransactionRequired,
    current_schema,
    read_only,
    require_transaction,
    typed,
)

__all__ = [
    "TransactionRequired",
    "current_schema",
    "insert_unless_there",
    "read_only",
    "require_transaction",
    "typed",
]

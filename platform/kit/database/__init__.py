"""PostgreSQL with one schema and one role per tenant, both set in one place: at BEGIN."""

from kit.database.inserts import insert, insert_later, insert_unless_there
from kit.database.reads import Question, Rows, read, read_together
from kit.database.transactions import (
    TransactionRequired,
    current_schema,
    read_only,
    require_transaction,
    typed,
)
from kit.database.updates import update_if

__all__ = [
    "Question",
    "Rows",
    "TransactionRequired",
    "current_schema",
    "insert",
    "insert_later",
    "insert_unless_there",
    "read",
    "read_only",
    "read_together",
    "require_transaction",
    "typed",
    "update_if",
]

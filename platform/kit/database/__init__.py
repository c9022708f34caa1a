"""PostgreSQL with one schema and one role per tenant, both set in one place: at BEGIN."""

from kit.database.inserts import insert, insert_later, insert_unless_there, new
from kit.database.reads import Question, Rows, copy_of, read, read_together
from kit.database.transactions import (
    TransactionRequired,
    beginning_with,
    current_schema,
    ending_with,
    names_no_row,
    read_only,
    require_transaction,
    typed,
)
from kit.database.updates import update_if, update_later

__all__ = [
    "Question",
    "Rows",
    "TransactionRequired",
    "beginning_with",
    "copy_of",
    "current_schema",
    "ending_with",
    "insert",
    "insert_later",
    "insert_unless_there",
    "names_no_row",
    "new",
    "read",
    "read_only",
    "read_together",
    "require_transaction",
    "typed",
    "update_if",
    "update_later",
]

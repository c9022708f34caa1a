"""The one place where a connection becomes a tenant's.

Outside a transaction the connection is the bare web role, to which every tenant's schema is closed. The
tenant's role and search path are sent with BEGIN, as SET LOCAL, so that they end with the transaction by
the database's own doing: nothing leaks to the next request, behind a transaction pooler neither.

Every message costs as much as a small statement. So what needs no answer waits for the next message that
does: BEGIN, role and path go with the first statement, and rows that are put in last go with COMMIT.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import debug_transaction
from django.db.backends.postgresql import base as postgresql
from django.db.transaction import TransactionManagementError
from psycopg import adapters
from psycopg.adapt import Loader
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus

from kit.database import shelf
from kit.database.cursors import AskingCursor, TenantCursor
from kit.database.literals import with_values

PUBLIC = "public"
TENANT_SCHEMA = re.compile(r"t_[0-9a-f]{32}")


class HasSchema(Protocol):
    schema_name: str


class Schema:
    """A tenant known by its schema alone."""

    def __init__(self, schema_name: str) -> None:
        self.schema_name = schema_name


_Moments: Any = adapters.get_loader(postgresql.TIMESTAMPTZ_OID, Format.TEXT)


def _moments_in(tz: Any) -> type[Any]:
    """As Django's loader, on psycopg's compiled one: Django takes the other, which is 30 times as slow."""

    class Moments(Loader):
        timezone = tz

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = _Moments(oid, context).load

        def load(self, data: Any) -> datetime:
            return self._load(data).replace(tzinfo=tz)

    return Moments


class DatabaseWrapper(shelf.DatabaseWrapper):
    """Django's PostgreSQL connection with django-tenants' interface (`set_tenant`, `schema_name`, …).

    psycopg stays in autocommit; BEGIN is sent here. The alias "default" takes the tenant's role with its
    schema; the owner's connection takes the schema only.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A server-side cursor outside a transaction would outlive the role it was opened under.
        self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
        self.takes_roles = self.alias == DEFAULT_DB_ALIAS
        self._read_only_next = False
        # Of the open transaction: its beginning and its rows that are still to be sent, and the last schema.
        self._beginning: list[str] = []
        self._later: list[str] = []
        self._sent: str | None = None
        # What the tenant's next transaction that may write begins with; what the open one has yet to begin
        # with; and whether it has.
        self._first_step: tuple[str, Callable[[], object]] | None = None
        self._due_step: Callable[[], object] | None = None
        self._step_taken = False
        self._last_word: Callable[[], object] | None = None
        self.set_schema_to_public()

    # --- which tenant -------------------------------------------------------------------------------

    def set_tenant(self, tenant: HasSchema, include_public: bool = True) -> None:
        """Statements from here on are the tenant's. Nothing is sent until one needs it."""
        if tenant.schema_name != PUBLIC and not TENANT_SCHEMA.fullmatch(tenant.schema_name):
            raise ValueError(f"{tenant.schema_name!r} is not the schema of a tenant.")
        self.tenant = tenant
        self.schema_name = tenant.schema_name

    def set_schema(self, schema_name: str, include_public: bool = True, tenant_type: Any = None) -> None:
        self.set_tenant(Schema(schema_name))

    def set_schema_to_public(self) -> None:
        self.set_schema(PUBLIC)

    # --- transactions -------------------------------------------------------------------------------

    @contextmanager
    def beginning_read_only(self) -> Iterator[None]:
        """The next outermost transaction begins READ ONLY."""
        self._read_only_next = True
        try:
            yield
        finally:
            self._read_only_next = False

    @contextmanager
    def beginning_with(self, step: Callable[[], object]) -> Iterator[None]:
        """This tenant's next outermost transaction that may write begins with `step`; again if it is undone.

        What the step raises ends the transaction. Where nothing is sent to the database it is not taken.
        """
        self._first_step = (self.schema_name, step)
        try:
            yield
        finally:
            self._first_step = None

    @contextmanager
    def ending_with(self, last_word: Callable[[], object]) -> Iterator[None]:
        """No transaction is committed before `last_word` has returned; what it raises undoes it."""
        self._last_word = last_word
        try:
            yield
        finally:
            self._last_word = None

    def _start_transaction_under_autocommit(self) -> None:
        """The outermost BEGIN: goes with the first statement, and never where there is none."""
        begin = "BEGIN READ ONLY" if self._read_only_next else "BEGIN"
        if self._first_step and not self._read_only_next and self._first_step[0] == self.schema_name:
            self._due_step = self._first_step[1]
        self._read_only_next = False
        self._beginning, self._later = self._begin(begin), []

    def _begin(self, begin: str) -> list[str]:
        self._sent = self.schema_name
        return [begin] if self.schema_name == PUBLIC else [begin, *self._tenancy()]

    def _tenancy(self) -> list[str]:
        """Role and path of the current tenant, for this transaction only."""
        if self.schema_name == PUBLIC:
            return ["SET LOCAL ROLE NONE", "SET LOCAL search_path = public"]
        path = f'SET LOCAL search_path = "{self.schema_name}", public'
        return [f'SET LOCAL ROLE "{self.schema_name}"', path] if self.takes_roles else [path]

    def with_values(self, statement: str, values: Sequence[Any] | Mapping[str, Any]) -> str:
        """The statement as it is sent. Only for those that are composed here, or written out."""
        if self.connection is None:
            self.ensure_connection()
        with self.wrap_database_errors:
            return with_values(statement, values, self.connection)

    def send_later(self, statements: Iterable[str]) -> None:
        """Single statements, with their values in them, that need no answer: they go with the next message.

        That may be COMMIT, and their errors come then. Raises TransactionManagementError outside of a
        transaction.
        """
        if not self.in_atomic_block:
            raise TransactionManagementError("Only a transaction has a next statement for certain.")
        self._later += [*self._catch_up(), *statements]

    def taken_along(self) -> tuple[list[str], list[str]]:
        """What goes in one message with a statement, before and after it.

        In a transaction, all that was not sent yet, and role and path where the tenant has changed. Outside
        of one, a tenant's statement gets a read-only transaction of its own: a write needs `atomic()`.
        """
        if self._due_step is not None:
            self._take_due_step()
        status = self.connection.pgconn.transaction_status
        if self._beginning or status == TransactionStatus.INTRANS:
            return [*self._unsent(), *self._catch_up()], []
        if status != TransactionStatus.IDLE or self.schema_name == PUBLIC:
            return [], []
        return self._begin("BEGIN READ ONLY"), ["COMMIT"]

    def _take_due_step(self) -> None:
        """Before whatever else this transaction sends."""
        step, self._due_step, self._step_taken = self._due_step, None, True
        later, self._later = self._later, []
        if step is not None:
            step()
        self._later += later

    def _take_last_chance(self) -> None:
        """Django counts a transaction as over when it begins to commit; for the step it still is open.

        It rolls back only for errors of the database: for others it is done here.
        """
        self.in_atomic_block = True
        try:
            self._take_due_step()
        except BaseException:
            self._rollback()
            self.run_on_commit = []
            raise
        finally:
            self.in_atomic_block = False

    def _unsent(self) -> list[str]:
        unsent = self._beginning + self._later
        self._beginning, self._later = [], []
        return unsent

    def _catch_up(self) -> list[str]:
        if self._sent == self.schema_name:
            return []
        self._sent = self.schema_name
        return self._tenancy()

    @contextmanager
    def as_current_tenant(self) -> Iterator[None]:
        """Around what cannot share its message with other statements."""
        before, after = self.taken_along()
        try:
            if before:
                self.connection.execute("; ".join(before))
            yield
        except BaseException:
            if after:
                self.abandon()
            raise
        if after:
            self.connection.commit()

    def abandon(self) -> None:
        """Roll a transaction back that only stood around one statement."""
        if not self.connection.closed:
            self.connection.rollback()

    def _let_last_word_be_said(self) -> None:
        if self._last_word is None:
            return
        try:
            self._last_word()
        except BaseException:
            # Django rolls back for errors of the database alone.
            self.rollback()
            raise

    def _commit(self) -> None:
        self._let_last_word_be_said()
        if self._later and self._due_step is not None:
            self._take_last_chance()
        rows_wait, unsent = bool(self._later), self._unsent()
        if rows_wait:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                self._commit_with(unsent)
        elif not unsent:
            super()._commit()
        if self._step_taken:
            # It is there for good: what follows begins as usual.
            self._first_step = None
        self._forget_step()

    def _commit_with(self, unsent: Iterable[str]) -> None:
        """Without a cursor, which costs as much again: nobody asks what came of each statement."""
        message = "; ".join((*unsent, "COMMIT"))
        result = self.connection.pgconn.exec_(message.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)

    def _forget_step(self) -> None:
        self._due_step, self._step_taken = None, False

    def _rollback(self) -> None:
        self._unsent()
        self._forget_step()
        super()._rollback()

    def _close(self) -> None:
        self._unsent()
        self._forget_step()
        super()._close()

    def savepoint_rollback(self, sid: str) -> None:
        # SAVEPOINT took along what came before it: what still waits came after, and goes with it.
        self._unsent()
        try:
            super().savepoint_rollback(sid)
        finally:
            # The database took back what was set since the savepoint.
            self._sent = None

    # --- psycopg ------------------------------------------------------------------------------------

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "autocommit": True}

    def _opened(self, conn_params: dict[str, Any]) -> Any:
        connection = super()._opened(conn_params)
        connection.adapters.register_loader(postgresql.TIMESTAMPTZ_OID, _moments_in(self.timezone))
        return connection

    def _set_autocommit(self, autocommit: bool) -> None:
        # psycopg never leaves autocommit, so there is nothing to switch back to.
        if not autocommit:
            raise TransactionManagementError("Open a transaction with atomic(), not with set_autocommit().")

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            raise TransactionManagementError("Server-side cursors are not used here.")
        return self._made(TenantCursor)

    def asking(self) -> Any:
        """As `cursor`, but the same one every time: for who reads all rows before anything else is asked.

        Making one, and finding out anew how each type is read, costs as much as a small answer.
        """
        self.ensure_connection()
        if self._kept is None:
            self._kept = self._made(AskingCursor)
        self._kept.plane = self
        return self._prepare_cursor(self._kept)

    def _made(self, kind: type[TenantCursor]) -> Any:
        cursor = kind(self.connection)
        cursor.plane = self
        return self._with_time_zone(cursor)

    def _with_time_zone(self, cursor: Any) -> Any:
        loader = self.connection.adapters.get_loader(postgresql.TIMESTAMPTZ_OID, postgresql.Format.TEXT)
        if self.timezone != loader.timezone:
            postgresql.register_tzloader(self.timezone, cursor)
        return cursor

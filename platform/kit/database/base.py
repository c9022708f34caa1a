"""The one place where a connection becomes a tenant's.

Outside a transaction the connection is the bare web role, to which every tenant's schema is closed. The
tenant's role and search path are sent with BEGIN, as SET LOCAL, so that they end with the transaction by
the database's own doing: nothing leaks to the next request, behind a transaction pooler neither.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import debug_transaction
from django.db.backends.postgresql import base as postgresql
from django.db.transaction import TransactionManagementError
from psycopg.pq import TransactionStatus

PUBLIC = "public"
TENANT_SCHEMA = re.compile(r"t_[0-9a-f]{32}")


class HasSchema(Protocol):
    schema_name: str


class Schema:
    """A tenant known by its schema alone."""

    def __init__(self, schema_name: str) -> None:
        self.schema_name = schema_name


class TenantCursor(postgresql.Cursor):
    """A cursor that asks, before each statement, whether the connection is the current tenant's."""

    plane: "DatabaseWrapper"

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        with self.plane.as_current_tenant():
            return super().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> None:
        with self.plane.as_current_tenant():
            super().executemany(*args, **kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with self.plane.as_current_tenant():
            yield from super().stream(*args, **kwargs)

    @contextmanager
    def copy(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with self.plane.as_current_tenant(), super().copy(*args, **kwargs) as copy:
            yield copy


class DatabaseWrapper(postgresql.DatabaseWrapper):
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
        self._sent: str | None = None
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

    def _start_transaction_under_autocommit(self) -> None:
        """The outermost BEGIN, with the tenant's role and path in the same message."""
        begin = "BEGIN READ ONLY" if self._read_only_next else "BEGIN"
        self._read_only_next = False
        self._begin(begin)

    def _begin(self, begin: str) -> None:
        sql = begin if self.schema_name == PUBLIC else f"{begin}; {self._tenancy()}"
        with debug_transaction(self, sql), self.wrap_database_errors:
            try:
                self.connection.execute(sql)
            except psycopg.Error:
                # The BEGIN itself may have succeeded.
                self._abandon()
                raise
        self._sent = self.schema_name

    def _tenancy(self) -> str:
        """Role and path of the current tenant, for this transaction only."""
        if self.schema_name == PUBLIC:
            return "SET LOCAL ROLE NONE; SET LOCAL search_path = public"
        path = f'SET LOCAL search_path = "{self.schema_name}", public'
        return f'SET LOCAL ROLE "{self.schema_name}"; {path}' if self.takes_roles else path

    @contextmanager
    def as_current_tenant(self) -> Iterator[None]:
        """Around each statement: within a transaction, catch up with a tenant that changed meanwhile;
        outside of one, give the tenant's statement a read-only transaction of its own, so that a write
        needs `atomic()`."""
        status = self.connection.pgconn.transaction_status
        if status == TransactionStatus.INTRANS and self._sent != self.schema_name:
            self.connection.execute(self._tenancy())
            self._sent = self.schema_name
        if status != TransactionStatus.IDLE or self.schema_name == PUBLIC:
            yield
            return
        self._begin("BEGIN READ ONLY")
        try:
            yield
        except BaseException:
            self._abandon()
            raise
        self.connection.commit()

    def _abandon(self) -> None:
        if not self.connection.closed:
            self.connection.rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            # The database took back what was set since the savepoint.
            self._sent = None

    # --- psycopg ------------------------------------------------------------------------------------

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "autocommit": True}

    def _set_autocommit(self, autocommit: bool) -> None:
        # psycopg never leaves autocommit, so there is nothing to switch back to.
        if not autocommit:
            raise TransactionManagementError("Open a transaction with atomic(), not with set_autocommit().")

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            raise TransactionManagementError("Server-side cursors are not used here.")
        cursor = TenantCursor(self.connection)
        cursor.plane = self
        return self._with_time_zone(cursor)

    def _with_time_zone(self, cursor: Any) -> Any:
        loader = self.connection.adapters.get_loader(postgresql.TIMESTAMPTZ_OID, postgresql.Format.TEXT)
        if self.timezone != loader.timezone:
            postgresql.register_tzloader(self.timezone, cursor)
        return cursor

"""Checkouts with different migrations that test at once, on one server: each keeps its template."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests import template


@pytest.fixture
def owner(django_db_setup: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**template.owner_address()) as connection:  # type: ignore[arg-type]
        yield connection


@pytest.fixture
def base(owner: psycopg.Connection, django_db_setup: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Templates of a name of their own, with nothing in them."""
    monkeypatch.setattr(template, "_make", lambda owner, name, building: create(owner, name))
    base = f"{django_db_setup}_two"
    yield base
    for name in templates(owner, base):
        template._drop(owner, name)


def create(owner: psycopg.Connection, name: str) -> None:
    owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))


def templates(owner: psycopg.Connection, base: str) -> set[str]:
    found = owner.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [base])
    return {name for (name,) in found}


def asked_by(checkout: str, owner: psycopg.Connection, base: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(template, "_fingerprint", lambda: checkout)
    return template._template(owner, base)


def test_each_keeps_its_own(owner: psycopg.Connection, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = asked_by("ours", owner, base, monkeypatch)
    theirs = asked_by("theirs", owner, base, monkeypatch)
    assert templates(owner, base) == {ours, theirs}


def test_what_nobody_copies_any_more_is_swept(
    owner: psycopg.Connection, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, left = asked_by("old", owner, base, monkeypatch), f"{base}_template_building"
    create(owner, left)
    owner.execute(sql.SQL("COMMENT ON DATABASE {} IS '2026-01-05 09:00+00'").format(sql.Identifier(old)))
    assert templates(owner, base) == {old, left}
    new = asked_by("new", owner, base, monkeypatch)
    assert templates(owner, base) == {new}


def test_what_changes_the_template_changes_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {path.relative_to(template.ROOT).as_posix() for path in set(template._sources()) if here(path)}
    assert {"payouts/migrations/0001_initial.py", "tenants/billing/models/__init__.py"} <= names


def here(path: template.Path) -> bool:
    return path.is_relative_to(template.ROOT)

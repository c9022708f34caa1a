"""Take everything with you: export, restore on another instance, export again, and it is the same."""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connections, transaction
from django_tenants.utils import tenant_context

from kit import clock, wiring
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.files import keeping
from tenants.files.models import StoredFile
from tenants.registry import planes
from tenants.registry.archive import contents
from tenants.registry.archive.file import MANIFEST, ArchiveRefused, opened
from tenants.registry.archive.parts import Part
from tenants.registry.exporting import export
from tenants.registry.grants import shared_rights
from tenants.registry.models import Domain, Tenant, TenantStatus
from tenants.registry.restoring import restore
from tests import template, worlds
from tests.registry.elsewhere import Instance

ANNA = template.TENANTS["anna"]
NOBODY = UUID("019b8c00-0000-7000-8000-0000000000ff")


@pytest.fixture
def rich(shop: worlds.Shop) -> Tenant:
    """Anna's practice after a while: paid sessions and packs, papers, a file, words with awkward letters."""
    lesson = worlds.session_type(shop.tenant, name="Lesson “A”\t\\n; ' é 网球")
    offer = worlds.pack_offer(shop.tenant, lesson)
    worlds.buy_pack(shop, offer)
    worlds.sell(shop, lesson, at=worlds.hour(3))
    with tenant_context(shop.tenant):
        keeping.store(name="plan.txt", content=b"Serve, volley.\x0d\x0a" * 40_000, now=clock.now())
        keeping.store(name="plan.txt", content="é".encode(), now=clock.now())
    worlds.drain()
    return shop.tenant


DRAWN_AT = re.compile(rb"/(CreationDate|ModDate) \([^)]*\)|/ID\s*\[<[^\]]*\]")


def members(path: Path) -> dict[str, bytes]:
    """All that is in an archive, but for when it was made, and when a PDF in it was drawn."""
    with zipfile.ZipFile(path) as packed:
        found = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(found.pop(MANIFEST))
    assert manifest.pop("made_at")
    for name in found:
        if name.endswith(".pdf"):
            found[name] = DRAWN_AT.sub(b"", found[name])
            del manifest["files"][name]["sha256"]
    return {**found, MANIFEST: json.dumps(manifest).encode()}


def test_exported_restored_and_exported_again_it_is_the_same(
    rich: Tenant, elsewhere: Instance, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    export(tenant=rich, to=first, now=clock.now())
    restored = elsewhere.manage("restore_tenant", str(first), "--open")
    assert restored.returncode == 0, restored.stderr
    again = elsewhere.manage("export_tenant", "anna", "--to", str(second))
    assert again.returncode == 0, again.stderr
    told = members(first)
    assert members(second) == told
    assert told["people/bookings.csv"].count(b"Lesson") == 1
    assert [name for name in told if name.startswith("people/papers/") and name.endswith(".pdf")]
    assert json.loads(told["shared/fees_feeentry.jsonl"].splitlines()[0])["number"] == 1


def test_an_archive_holds_each_table_or_says_why_not(rich: Tenant, tmp_path: Path) -> None:
    export(tenant=rich, to=tmp_path / "all.zip", now=clock.now())
    with opened(tmp_path / "all.zip") as archive:
        archive.verify()
        readme = archive.content(contents.README).decode()
        said = {json.loads(line)["email"] for line in archive.lines(contents.MEMBERS)}
    for model in planes.tenant_models():
        table, label = model._meta.db_table, model._meta.label
        assert (f"`tables/{table}.jsonl`" in readme) != (f"- {label}: " in readme), label
    assert said == {"anna@example.com"}


def test_every_shared_table_that_speaks_of_practices_is_taken_or_left_out_for_a_reason() -> None:
    taken = {table.model._meta.label for table in contents.shared_tables()}
    speaking = {model._meta.label for model in planes.shared_models() if contents.speaks_of_a_practice(model)}
    assert taken | contents.SHARED_LEFT_OUT.keys() == speaking
    assert all(shared_rights(table.model).tenant for table in contents.shared_tables())


def test_nothing_that_is_taken_names_a_row_of_what_is_left_out() -> None:
    for table in contents.own_tables():
        for field in table.model._meta.concrete_fields:
            other = field.related_model
            assert not isinstance(other, type) or other._meta.label not in contents.LEFT_OUT, field


def test_no_secret_of_a_practice_is_taken(rich: Tenant, tmp_path: Path) -> None:
    """A column that is called so is left out with its table, or looked at here by somebody."""
    harmless = {
        "billing_bankline.digest",
        "clients_import.digest",
        "files_storedfile.digest",
        "offers_coupon.code",
    }
    called = re.compile(r"secret|token|digest|password|_key$|code$|nonce")
    found = {
        f"{table.name}.{name}"
        for table in contents.own_tables()
        for name in table.columns
        if called.search(name)
    }
    assert found <= harmless, found - harmless


def test_what_is_read_is_of_one_moment(rich: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is put in while the archive is written is in no part of it."""
    with tenant_context(rich):
        before = Client.objects.count()

    def meanwhile(*, now: Any) -> list[Part]:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_add_client, rich).result()
        return [Part("late.txt", lambda: [str(Client.objects.count())])]

    monkeypatch.setattr("config.wiring.EXPORTS", ["config.wiring"])
    monkeypatch.setattr(wiring, "named", lambda _path: meanwhile)
    export(tenant=rich, to=tmp_path / "all.zip", now=clock.now())
    with opened(tmp_path / "all.zip") as archive:
        assert archive.content("people/late.txt") == str(before).encode()
    with tenant_context(rich):
        assert Client.objects.count() == before + 1


def _add_client(tenant: Tenant) -> None:
    try:
        with tenant_context(tenant), transaction.atomic():
            Client.objects.create(name="Late", email="late@example.com")
    finally:
        connections.close_all()


def test_an_archive_that_cannot_be_finished_leaves_no_file(
    rich: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.wiring.EXPORTS", ["no.such.part"])
    with pytest.raises(ImportError):
        export(tenant=rich, to=tmp_path / "all.zip", now=clock.now())
    assert list(tmp_path.iterdir()) == []


# --- refused ------------------------------------------------------------------------------------------


@pytest.fixture
def archive(anna: Tenant, tmp_path: Path) -> Path:
    with tenant_context(anna):
        keeping.store(name="plan.txt", content=b"Serve, volley.", now=clock.now())
    export(tenant=anna, to=tmp_path / "anna.zip", now=clock.now())
    return tmp_path / "anna.zip"


def repacked(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The same archive with other members, and a manifest that knows them."""
    with zipfile.ZipFile(path) as packed:
        found = {name: packed.read(name) for name in packed.namelist()}
    change(found)
    manifest = json.loads(found[MANIFEST])
    for name, noted in manifest["files"].items():
        if name in found:
            noted |= {"sha256": hashlib.sha256(found[name]).hexdigest(), "bytes": len(found[name])}
    found[MANIFEST] = json.dumps(manifest).encode()
    to = path.with_name("changed.zip")
    with zipfile.ZipFile(to, "w") as packed:
        for name, content in found.items():
            packed.writestr(name, content)
    return to


def restored_from(path: Path, **said: Any) -> Any:
    with opened(path) as read:
        return restore(archive=read, now=clock.now(), **said)


def test_a_practice_that_is_here_already_is_refused(archive: Path) -> None:
    with pytest.raises(ArchiveRefused, match="here already"):
        restored_from(archive)
    with pytest.raises(ArchiveRefused, match="here already"):
        restored_from(archive, address="anna-2")


def test_an_address_that_is_taken_kept_or_malformed_is_refused(archive: Path) -> None:
    for address, words in (("ben", "another practice"), ("admin", "kept for"), ("a--b", "single hyphens")):
        with pytest.raises(ArchiveRefused, match=words):
            restored_from(repacked(archive, _of_nobody), address=address)


def _of_nobody(found: dict[str, bytes]) -> None:
    """Another key, in every member: as if it came from elsewhere."""
    for name, content in found.items():
        for old, new in ((ANNA.hex, NOBODY.hex), (str(ANNA), str(NOBODY))):
            content = content.replace(old.encode(), new.encode())
        found[name] = content
    for table in contents.shared_tables():
        told = [json.loads(line) for line in found[table.path].splitlines()]
        lines = [json.dumps({**row, "id": str(uuid7())}) + "\n" for row in told]
        found[table.path] = "".join(lines).encode()


@pytest.mark.parametrize("which", ["damaged", "missing", "added"])
def test_an_archive_that_is_not_whole_is_refused(archive: Path, which: str) -> None:
    path = archive.with_name("broken.zip")
    with zipfile.ZipFile(archive) as packed, zipfile.ZipFile(path, "w") as broken:
        for name in packed.namelist():
            if name == "tables/offers_practice.jsonl" and which == "missing":
                continue
            content = packed.read(name)
            damaged = which == "damaged" and name == "tables/offers_practice.jsonl"
            broken.writestr(name, content.replace(b"Europe", b"europe") if damaged else content)
        if which == "added":
            broken.writestr("tables/more.jsonl", "{}")
    with pytest.raises(ArchiveRefused, match=r"offers_practice|tables/more"):
        restored_from(path)


def test_other_migrations_and_other_formats_are_refused(archive: Path) -> None:
    def older(found: dict[str, bytes]) -> None:
        found[MANIFEST] = found[MANIFEST].replace(b'"offers.0001_initial"', b'"offers.0001_earlier"')

    def newer(found: dict[str, bytes]) -> None:
        found[MANIFEST] = found[MANIFEST].replace(b'"version": 1', b'"version": 2')

    with pytest.raises(ArchiveRefused, match=r"offers\.0001_earlier"):
        restored_from(repacked(archive, older))
    with pytest.raises(ArchiveRefused, match="version 2"):
        restored_from(repacked(archive, newer))


def test_what_cannot_be_restored_to_the_end_leaves_nothing(archive: Path, as_owner: Any) -> None:
    def broken(found: dict[str, bytes]) -> None:
        _of_nobody(found)
        found["tables/offers_practice.jsonl"] *= 2

    before = _everywhere(as_owner)
    with pytest.raises(ArchiveRefused, match="offers_practice"):
        restored_from(repacked(archive, broken), address="nobody")
    assert _everywhere(as_owner) == before


def test_rows_of_another_practice_are_refused(archive: Path, ben: Tenant) -> None:
    def foreign(found: dict[str, bytes]) -> None:
        _of_nobody(found)
        shared = "shared/fees_feeaccount.jsonl"
        found[shared] = found[shared].replace(NOBODY.hex.encode(), ben.pk.hex.encode())

    with pytest.raises(ArchiveRefused, match="another practice"):
        restored_from(repacked(archive, foreign), address="nobody")


def _everywhere(as_owner: Any) -> list[Any]:
    with as_owner.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace UNION ALL SELECT rolname FROM pg_roles ORDER BY 1")
        names = cursor.fetchall()
        cursor.execute("SELECT slug FROM registry_tenant ORDER BY 1")
        return [*names, *cursor.fetchall()]


# --- restored -----------------------------------------------------------------------------------------


def test_a_restored_practice_sleeps_until_it_is_opened(archive: Path) -> None:
    restored = restored_from(repacked(archive, _of_nobody), address="nobody")
    assert (restored.tenant.status, restored.new_users) == (TenantStatus.SUSPENDED, [])
    assert [member.user.email for member in restored.tenant.memberships.all()] == ["anna@example.com"]
    with tenant_context(restored.tenant):
        assert bytes(StoredFile.objects.get().content) == b"Serve, volley."
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Event.objects.all()._raw_delete(using="default")


def test_who_has_no_login_here_gets_one_without_a_password(archive: Path) -> None:
    def renamed(found: dict[str, bytes]) -> None:
        _of_nobody(found)
        found[contents.MEMBERS] = found[contents.MEMBERS].replace(b"anna@", b"nora@")

    restored = restored_from(repacked(archive, renamed), address="nobody", opens=True)
    [user] = restored.new_users
    assert (user.email, user.has_usable_password()) == ("nora@example.com", False)
    assert restored.tenant.status == TenantStatus.OPEN


def test_a_domain_of_ones_own_has_to_be_proved_again(anna: Tenant, tmp_path: Path) -> None:
    Domain.objects.create(
        tenant=anna,
        domain="book.anna.example",
        is_own=True,
        token="x",  # noqa: S106
        verified_at=clock.now(),
    )
    Tenant.objects.filter(pk=anna.pk).update(own_host="book.anna.example")
    export(tenant=Tenant.objects.get(pk=anna.pk), to=tmp_path / "a.zip", now=clock.now())
    restored = restored_from(repacked(tmp_path / "a.zip", _of_nobody), address="nobody")
    own = Domain.objects.get(tenant=restored.tenant, is_own=True)
    assert (own.domain, own.verified_at, restored.tenant.own_host) == ("book.anna.example", None, "")

"""A practice moves to another installation: out of one, into the other, and never open in both."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect import inbox
from connect.models import StripeEvent
from fees import accounts as fee_accounts
from kit import clock
from kit.actors import SYSTEM, Actor
from tenants.registry import closing, erasing, exporting, moving, patrols, standing, wakeups
from tenants.registry.archive.file import opened
from tenants.registry.models import Tenant, TenantStatus, Wakeup
from tenants.registry.standing import NotPossible
from tenants.scheduling import links
from tests import worlds
from tests.architecture import routes
from tests.console import OLGA, operator
from tests.crowd import Meeting, at_once
from tests.journeys import steps
from tests.registry.elsewhere import Instance
from tests.retainers import stack
from tests.worlds import Shop

THERE = "https://anna.other.example"
SETTLED = moving.SETTLES.total_seconds() + 1
WORD = re.compile(r"--open ([0-9a-f]{64})")


def move(*words: str) -> str:
    """What the command says, of Anna."""
    said = io.StringIO()
    call_command("move_tenant", "anna", *words, "--wait=0", stdout=said)
    return said.getvalue()


def begun(tenant: Tenant) -> Tenant:
    return moving.begin(schema_name=tenant.schema_name, to=THERE, now=clock.now(), actor=SYSTEM)


def packed(tenant: Tenant) -> Tenant:
    begun(tenant)
    worlds.sweep()
    with clock.travel(SETTLED):
        worlds.sweep()
        return moving.pack(schema_name=tenant.schema_name, now=clock.now())


def moved(tenant: Tenant) -> tuple[Tenant, str]:
    packed(tenant)
    return moving.finish(schema_name=tenant.schema_name, to=THERE, now=clock.now())


def undone(tenant: Tenant) -> Tenant:
    return moving.undo(schema_name=tenant.schema_name, now=clock.now(), actor=SYSTEM)


def on_its_host() -> Browser:
    return Browser(headers={"host": "anna.localhost:8000"}, raise_request_exception=False)


# --- from one to the other ----------------------------------------------------------------------------


def test_a_practice_with_clients_moves_and_goes_on_there(
    shop: Shop, elsewhere: Instance, tmp_path: Path
) -> None:
    lesson = worlds.session_type(shop.tenant)
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, lesson))
    booking = worlds.sell(shop, lesson, at=worlds.hour(3))
    stack.begin(shop, stack.plan(shop, lesson))
    worlds.drain()
    with tenant_context(shop.tenant):
        token = links.token_of(booking)
    archive = tmp_path / "anna.zip"
    with pytest.raises(CommandError, match="only just stopped"):
        move(f"--to={THERE}", f"--archive={archive}")
    assert not archive.exists()
    worlds.drain()
    with clock.travel(SETTLED):
        worlds.sweep()
        assert "SHA-256: " in move(f"--to={THERE}", f"--archive={archive}")
        assert "written before, and is whole" in move(f"--to={THERE}", f"--archive={archive}")
    waits = Wakeup.objects.filter(schema_name=shop.tenant.schema_name).count()
    assert waits > 0

    restored = elsewhere.manage("restore_tenant", str(archive))
    assert restored.returncode == 0, restored.stderr
    assert "It arrives, and does nothing" in restored.stdout
    too_early = elsewhere.manage("move_tenant", "anna", "--open", "0" * 64)
    assert "not the word" in too_early.stderr
    assert _stands(elsewhere) == ("arriving", waits)

    said = WORD.search(move(f"--to={THERE}", "--finish"))
    assert said
    assert said[0] in move(f"--to={THERE}", "--finish")
    opened = elsewhere.manage("move_tenant", "anna", "--open", said[1])
    assert opened.returncode == 0, opened.stderr
    assert _stands(elsewhere) == ("open", 0)
    assert _opens(elsewhere, shop.tenant, token, {}) == "closed"
    assert _opens(elsewhere, shop.tenant, token, {"SECRET_KEY_FALLBACKS": settings.SECRET_KEY}) == str(
        booking.pk
    )
    again = elsewhere.manage("export_tenant", "anna", "--to", str(tmp_path / "again.zip"))
    assert again.returncode == 0, again.stderr
    for table in ("packs_packentry", "scheduling_booking", "retainers_retainerperiod", "billing_ledgerentry"):
        assert _table(archive, table) == _table(tmp_path / "again.zip", table) != b""


def _stands(elsewhere: Instance) -> tuple[str, int]:
    """How Anna's practice stands there, and how much of its work nobody may take."""
    with elsewhere.owner() as owner:
        status = owner.execute("SELECT status FROM registry_tenant WHERE slug = 'anna'").fetchone()
        held = owner.execute(
            "SELECT count(*) FROM registry_wakeup WHERE leased_until = %s", [moving.HELD]
        ).fetchone()
    assert status
    assert held
    return status[0], held[0]


def _opens(elsewhere: Instance, tenant: Tenant, token: str, keys: dict[str, str]) -> str:
    """The booking that a link in an old mail opens there."""
    elsewhere.environment.update(keys)
    code = (
        "from django_tenants.utils import schema_context\n"
        "from kit.signed_links import BadLink\n"
        "from tenants.scheduling import links\n"
        f"with schema_context('{tenant.schema_name}'):\n"
        f"    try: print(links.booking_by('{token}').pk)\n"
        "    except BadLink: print('closed')\n"
    )
    said = elsewhere.manage("shell", "--no-imports", "-c", code)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


def _table(archive: Path, name: str) -> bytes:
    with opened(archive) as read:
        return read.content(f"tables/{name}.jsonl")


def test_a_copy_that_was_not_packed_is_not_opened_by_a_word(anna: Tenant, tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="restored from a move"):
        moving.arrive(schema_name=anna.schema_name, word="0" * 64, now=clock.now(), actor=SYSTEM)


def test_what_was_packed_before_it_was_undone_opens_with_no_word_that_is_told(anna: Tenant) -> None:
    first = packed(anna).move_seal
    assert undone(anna).is_open
    with clock.travel(60):
        tenant, word = moved(anna)
    assert tenant.move_seal != first
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.ARRIVING, move_seal=first)
    with pytest.raises(moving.WrongWord):
        moving.arrive(schema_name=anna.schema_name, word=word, now=clock.now(), actor=SYSTEM)


# --- here, while it moves -----------------------------------------------------------------------------


def test_visitors_programs_and_the_coach_read_that_it_moves(anna: Tenant) -> None:
    begun(anna)
    page = on_its_host().get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "600")
    assert "Anna is moving, and back soon" in page.text
    assert on_its_host().post("/b/a-link/").status_code == 503
    assert on_its_host().get("/static/ui/foundation.css").status_code == 200
    program = on_its_host().get("/api/v1/bookings")
    assert (program.status_code, program["Content-Type"]) == (503, "application/problem+json")
    coach = routes.signed_in(anna)
    assert "Your practice is moving" in coach.get("/coach/anna/").text
    assert coach.post("/coach/anna/settings/words/", {}).status_code == 403
    assert coach.post("/coach/anna/help/", {"text": "Hello"}).status_code == 403


def test_no_other_state_is_reached_meanwhile(anna: Tenant) -> None:
    packed(anna)
    with pytest.raises(NotPossible):
        standing.reopen(schema_name=anna.schema_name, reason="Why.", now=clock.now(), actor=OLGA)
    with pytest.raises(NotPossible):
        closing.close(schema_name=anna.schema_name, now=clock.now(), actor=Actor("coach", "7", "Anna"))
    with pytest.raises(NotPossible, match="goes to"):
        moving.begin(schema_name=anna.schema_name, to="https://other.example", now=clock.now(), actor=SYSTEM)


FEES = {"terms-percent": "5", "terms-free_units": "20", "terms-reason": "As agreed."}


def test_its_fee_stays_as_its_archive_has_it(anna: Tenant) -> None:
    begun(anna)
    assert _other_terms(anna).status_code == 302
    packed(anna)
    answer = _other_terms(anna, percent="6")
    assert answer.status_code == 409
    assert "between two installations" in answer.text
    assert "Nothing was changed" in answer.text
    moving.finish(schema_name=anna.schema_name, to=THERE, now=clock.now())
    answer = _other_terms(anna, percent="6")
    assert answer.status_code == 409
    assert f"where it is now: {THERE}" in answer.text
    assert fee_accounts.terms(schema_name=anna.schema_name).rate_bp == 500


def _other_terms(tenant: Tenant, percent: str = "5") -> Any:
    page = f"/operators/coaches/{tenant.pk}/terms"
    return operator().post(page, {**FEES, "terms-percent": percent})


def test_terms_and_packing_wait_for_each_other(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed while they are being changed, the archive could be written without them."""
    begun(anna)
    worlds.sweep()
    meets, done = Meeting(monkeypatch), []

    def change() -> None:
        fee_accounts.change_terms(
            schema_name=anna.schema_name,
            rate_bp=500,
            free_units=20,
            unit_cap=None,
            reason="As agreed.",
            now=clock.now(),
            actor=OLGA,
        )
        done.append("changed")

    def pack() -> None:
        moving.pack(schema_name=anna.schema_name, now=clock.now())
        done.append("packed")

    meets.after(standing, "insist_it_is_here")
    with clock.travel(SETTLED):
        worlds.sweep()
        got = at_once([change, meets.press(pack)])
    assert [each for each in got if isinstance(each, Exception)] == []
    assert done == ["changed", "packed"]


def test_a_payment_under_way_settles_before_it_is_packed(shop: Shop, tmp_path: Path) -> None:
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    begun(shop.tenant)
    with steps.later(shop.stripe, SETTLED):
        with pytest.raises(CommandError, match="1 payment under way"):
            move(f"--to={THERE}", f"--archive={tmp_path / 'anna.zip'}")
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
        worlds.sweep()
        assert worlds.attempt_for(shop.tenant, booking).status == "captured"
        assert "is written" in move(f"--to={THERE}", f"--archive={tmp_path / 'anna.zip'}")


def test_work_being_done_is_waited_for_and_none_is_begun_afterwards(anna: Tenant) -> None:
    begun(anna)
    worlds.sweep()
    with clock.travel(SETTLED), tenant_context(anna), transaction.atomic():
        wakeups.ask(kind="patrol", reference=anna.pk, due_at=clock.now(), now=clock.now())
    with clock.travel(SETTLED):
        [leased] = wakeups._lease(anna.schema_name, wakeups._due(clock.now()), 1)
        with pytest.raises(moving.StillBusy, match="being done"):
            moving.pack(schema_name=anna.schema_name, now=clock.now())
        wakeups._finish(leased, None)
        moving.pack(schema_name=anna.schema_name, now=clock.now())
    with clock.travel(400 * 86_400):
        assert anna.schema_name not in wakeups.schemas_with_due_work(now=clock.now())
        assert wakeups.work_off(schema_name=anna.schema_name) == 0
        assert anna.schema_name not in patrols.schemas_to_visit()


def test_no_card_is_charged_and_no_mail_sent_here_any_more(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    retainer = stack.begin(shop, stack.plan(shop, kind))
    worlds.sell(shop, kind, at=worlds.hour(3))
    worlds.drain()
    moved(shop.tenant)
    before = len(mail.outbox), len(stack.attempts(shop, retainer))
    with steps.later(shop.stripe, 62 * 86_400):
        worlds.sweep()
        assert (len(mail.outbox), len(stack.attempts(shop, retainer))) == before
    assert not Wakeup.objects.filter(schema_name=shop.tenant.schema_name).exists()


def test_a_crash_while_the_archive_is_written_is_repeated(
    anna: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(anna)
    worlds.sweep()
    archive = tmp_path / "anna.zip"
    monkeypatch.setattr(exporting.Writer, "finish", _crash)
    with clock.travel(SETTLED):
        with pytest.raises(RuntimeError, match="power"):
            move(f"--to={THERE}", f"--archive={archive}")
        anna.refresh_from_db()
        assert (anna.status, archive.exists()) == (TenantStatus.PACKED, False)
        monkeypatch.undo()
        assert "is written" in move(f"--to={THERE}", f"--archive={archive}")


def _crash(*_given: object) -> None:
    raise RuntimeError("The power is gone.")


def test_another_file_at_its_place_is_left_as_it_is(anna: Tenant, tmp_path: Path) -> None:
    older = tmp_path / "older.zip"
    exporting.export(tenant=anna, to=older, now=clock.now() - timedelta(days=1))
    packed(anna)
    with pytest.raises(CommandError, match="Name another file"):
        move(f"--to={THERE}", f"--archive={older}")


# --- undone -------------------------------------------------------------------------------------------


def test_undone_it_is_as_it_was(shop: Shop) -> None:
    retainer = stack.begin(shop, stack.plan(shop, worlds.session_type(shop.tenant)))
    worlds.drain()
    packed(shop.tenant)
    assert "stays here, and is open" in move("--undo")
    assert on_its_host().get("/").status_code == 200
    assert not Wakeup.objects.filter(leased_until=moving.HELD).exists()
    with steps.later(shop.stripe, 32 * 86_400):
        worlds.sweep()
        worlds.hear_stripe(shop.stripe)
        assert [each.status for each in stack.periods(shop, retainer)] == ["paid", "paid"]


def test_a_suspended_one_is_suspended_again(anna: Tenant) -> None:
    standing.suspend(schema_name=anna.schema_name, reason="Why.", now=clock.now(), actor=OLGA)
    begun(anna)
    tenant = undone(anna)
    assert (tenant.status, tenant.status_reason) == (TenantStatus.SUSPENDED, "Why.")


def test_finished_it_is_not_undone(anna: Tenant) -> None:
    moved(anna)
    with pytest.raises(CommandError, match="Only a move that is not finished is undone"):
        move("--undo")


# --- here, when it has moved --------------------------------------------------------------------------


def test_every_page_leads_to_the_same_one_there(anna: Tenant) -> None:
    moved(anna)
    for path in ("/", "/b/a-link/?day=2026-03-02", "/my/"):
        answer = on_its_host().get(path)
        assert (answer.status_code, answer["Location"]) == (308, f"{THERE}{path}")
    assert on_its_host().post("/b/a-link/").status_code == 308
    program = on_its_host().post("/api/v1/bookings", {}, content_type="application/json")
    assert program.status_code == 410
    assert json.loads(program.content)["moved_to"] == THERE
    page = routes.signed_in(anna).get("/coach/anna/").text
    assert "Your practice has moved" in page
    assert THERE in page


def test_operators_see_where_it_is(anna: Tenant) -> None:
    begun(anna)
    console = operator()
    assert "Moving" in console.get(f"/operators/coaches/{anna.pk}/").text
    assert "Anna" in console.get("/operators/coaches/?state=moving").text
    undone(anna)
    moved(anna)
    page = console.get(f"/operators/coaches/{anna.pk}/").text
    assert "Moved" in page
    assert THERE in page
    assert THERE in console.get("/operators/coaches/?state=moved").text


def test_it_is_erased_a_year_later(anna: Tenant) -> None:
    tenant, _ = moved(anna)
    assert tenant.erase_at is not None
    assert anna.pk not in [each.pk for each in erasing.due(now=tenant.erase_at - timedelta(days=1))]
    assert anna.pk in [each.pk for each in erasing.due(now=tenant.erase_at)]


# --- wrong use ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Say one of these"),
        (("--finish",), "Say one of these"),
        (("--undo", f"--to={THERE}"), "Say one of these"),
        (("--to=https://anna.localhost:8000", "--archive=a.zip"), "this very installation"),
        (("--to=anna.other.example", "--archive=a.zip"), "not where its pages begin"),
        ((f"--to={THERE}/anna", "--archive=a.zip"), "not where its pages begin"),
        ((f"--to={THERE}", "--archive=/no/folder/a.zip"), "is no folder"),
        ((f"--to={THERE}", "--finish"), "write its archive first"),
        (("--undo",), "not finished is undone"),
        (("--open=x",), "restored from a move"),
    ],
)
def test_wrong_use_is_said_in_a_sentence_and_changes_nothing(
    anna: Tenant, words: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        move(*words)
    anna.refresh_from_db()
    assert anna.is_open


def test_stripe_is_answered_and_nothing_is_done_to_the_copy(shop: Shop) -> None:
    worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    Tenant.objects.filter(pk=shop.tenant.pk).update(status=TenantStatus.PACKED, moving_to=THERE)
    assert set(worlds.post(shop.stripe.pending_events())) == {200}
    worlds.drain()
    waiting = StripeEvent.objects.filter(status="waiting")
    assert waiting.count() > 0
    assert all("being moved" in each.note for each in waiting.filter(tries__gt=0))
    Tenant.objects.filter(pk=shop.tenant.pk).update(status=TenantStatus.MOVED, closed_at=clock.now())
    with clock.travel(86_400):
        inbox.work_off()
    kept = StripeEvent.objects.filter(note=f"its practice has moved to {THERE}")
    assert kept.count() > 0
    assert not waiting.exists()
    page = operator().get(f"/operators/coaches/{shop.tenant.pk}/").text
    assert f"{kept.count()} of Stripe’s events" in page

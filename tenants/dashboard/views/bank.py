"""The coach's bank account: lines taken in, what each seems to pay for, and a press that records it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from kit.money import format_money
from kit.states import IllegalMove
from kit.words import listing
from tenants.billing import bank_files, bank_lines, by_hand, matching
from tenants.billing.models import BankLine, BankLineStatus, Charge, ManualPayment
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.by_hand import BankFileForm
from tenants.earnings import owed

MOST_SHOWN = 50
DONE_SHOWN = 20
UNDONE = "The line of the bank was for something else."


@require_http_methods(["GET", "HEAD", "POST"])
def bank(request: HttpRequest, slug: str) -> HttpResponse:
    """Take lines in; below, each that is open with its suggestion, and those that are done."""
    desk = desk_of(request)
    if request.method != "POST":
        return _page(desk, BankFileForm())
    form = BankFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(desk, form, status=422)
    try:
        taken = bank_lines.take_in(data=form.content, now=desk.now, actor=desk.actor)
    except bank_files.UnreadableFile as refusal:
        form.add_error(None, f"Nothing was taken in. {refusal}")
        return _page(desk, form, status=422)
    if taken.problems:
        return _page(desk, BankFileForm(), taken=taken)
    messages.success(request, in_words(taken))
    return desk.go("bank")


def in_words(taken: bank_lines.Taken) -> str:
    """ "3 new lines. 2 were here already, and 7 are payments that went out." """
    new = "1 new line" if taken.new == 1 else f"{taken.new or 'No'} new lines"
    known = f"{taken.known} {'was' if taken.known == 1 else 'were'} here already" if taken.known else ""
    out = f"{taken.outgoing} {'is a payment' if taken.outgoing == 1 else 'are payments'} that went out"
    rest = ", and ".join(filter(None, [known, out if taken.outgoing else ""]))
    return f"{new}. {rest}." if rest else f"{new}."


def _page(
    desk: Desk, form: BankFileForm, *, status: int = 200, taken: bank_lines.Taken | None = None, **said: Any
) -> HttpResponse:
    lines = BankLine.objects.order_by("booked_on", "created_at", "digest")
    opens = lines.filter(status=BankLineStatus.OPEN)
    done = lines.exclude(status=BankLineStatus.OPEN).prefetch_related("payments__charge__client")
    owed_now = owed.for_matching(owed.open_charges(now=desk.now, tz=desk.tz))
    locale = desk.practice.locale
    return desk.page(
        "bank",
        "money",
        status=status,
        form=form,
        taken=taken,
        taken_words=in_words(taken) if taken else "",
        rows=[_row(each, owed_now, locale) for each in opens[:MOST_SHOWN]],
        more=max(opens.count() - MOST_SHOWN, 0),
        done=[_done(each) for each in done.reverse()[:DONE_SHOWN]],
        **said,
    )


def _row(line: BankLine, owed_now: list[matching.Owed], locale: str) -> dict[str, Any]:
    said = matching.Incoming(line.amount_minor, line.currency, line.payer, line.text)
    found = matching.suggest(said, owed_now, locale=locale)
    likely = [*found.candidates, *(share.owed for share in found.shares)]
    others = [each for each in owed_now if each not in likely and each.currency == line.currency]
    return {
        "line": line,
        "is": found,
        "options": [_choice(line, each, locale) for each in (*found.candidates, *others)],
    }


def _choice(line: BankLine, owed_for: matching.Owed, locale: str) -> dict[str, str]:
    """One thing that the line could pay for, as far as it reaches."""
    minor = min(line.amount_minor, owed_for.owed_minor)
    amount = format_money(minor, line.currency, locale)
    part = " as a part" if minor < owed_for.owed_minor else ""
    return {"value": f"{owed_for.charge_id}:{minor}", "words": f"{amount}{part} for {owed_for.whose}"}


def _done(line: BankLine) -> dict[str, Any]:
    standing = [each for each in line.payments.all() if each.taken_back_at is None]
    return {"line": line, "payments": standing}


@require_POST
def accept(request: HttpRequest, slug: str, line_id: uuid.UUID) -> HttpResponse:
    """The line pays for what the button says: `for` is a charge with its amount, once for each part."""
    desk, line = desk_of(request), _line_or_404(line_id)
    try:
        parts = _parts(request.POST.getlist("for"))
        payments = bank_lines.accept(line_id=line.pk, parts=parts, now=desk.now, actor=desk.actor)
    except (bank_lines.CannotAccept, by_hand.CannotRecord, IllegalMove) as refusal:
        return _page(desk, BankFileForm(), status=409, refusal=str(refusal), refused=line)
    messages.success(request, _recorded(desk, line, payments))
    return desk.go("bank")


def _recorded(desk: Desk, line: BankLine, payments: list[ManualPayment]) -> str:
    locale, total = desk.practice.locale, sum(each.amount_minor for each in payments)
    what = listing([each.charge.description for each in payments], locale)
    said = f"Recorded: {format_money(total, line.currency, locale)} by bank transfer for {what}."
    beyond = line.amount_minor - total
    return (
        f"{said} {format_money(beyond, line.currency, locale)} of the line is beyond it." if beyond else said
    )


def _parts(sent: list[str]) -> list[bank_lines.Part]:
    parts = [_part(each) for each in sent]
    charge_ids = {each.charge_id for each in parts}
    if not parts or Charge.objects.filter(pk__in=charge_ids).count() != len(charge_ids):
        raise Http404("There is no such charge.")
    return parts


def _part(sent: str) -> bank_lines.Part:
    charge_id, _, minor = sent.partition(":")
    try:
        return bank_lines.Part(uuid.UUID(charge_id), int(minor[:12]))
    except ValueError:
        raise Http404("There is no such charge.") from None


def _line_or_404(line_id: uuid.UUID) -> BankLine:
    return get_object_or_404(BankLine, pk=line_id)


@require_POST
def ignore(request: HttpRequest, slug: str, line_id: uuid.UUID) -> HttpResponse:
    desk, line = desk_of(request), _line_or_404(line_id)
    try:
        bank_lines.ignore(line_id=line.pk, now=desk.now, actor=desk.actor)
    except IllegalMove:
        said = "This line was accepted meanwhile. Undo it first, if it is for nothing here."
        return _page(desk, BankFileForm(), status=409, refusal=said, refused=line)
    messages.success(request, "Put aside. You find it below, where it can be taken back.")
    return desk.go("bank")


@require_POST
def undo(request: HttpRequest, slug: str, line_id: uuid.UUID) -> HttpResponse:
    """Open again; what it had paid for is owed again."""
    desk, line = desk_of(request), _line_or_404(line_id)
    try:
        bank_lines.undo(line_id=line.pk, because=UNDONE, now=desk.now, actor=desk.actor)
    except by_hand.CannotTakeBack as refusal:
        return _page(desk, BankFileForm(), status=409, refusal=str(refusal), refused=line)
    messages.success(request, "The line is open again, and nothing is paid by it.")
    return desk.go("bank")

"""The evidence about a payment as a document that a bank can read."""

from collections.abc import Iterable

from reportlab.platypus import Flowable

from kit.words import wall_time
from tenants.billing.models import PaymentAttempt
from tenants.dashboard.desk import Desk
from tenants.dashboard.evidence_bundle import Section
from ui.pdf import QUIET, as_pdf, table, words

WIDTHS = (45, 0, 42)


def evidence_as_pdf(desk: Desk, attempt: PaymentAttempt, sections: Iterable[Section]) -> bytes:
    """Section by section: what, the fact, and where it comes from."""
    title = f"Payment by {attempt.charge.client.name}: {attempt.charge.description}"
    made = f"From {desk.tenant.name}, {wall_time(desk.now, desk.tz, desk.practice.locale)}"
    story: list[Flowable] = [
        words(title, size=18, after=1),
        words(f"{made}. Times are on the clock of {desk.tz.replace('_', ' ')}.", color=QUIET, after=6),
    ]
    for section in sections:
        story += [words(section.title, size=13, after=1), _table(section), words("", after=4)]
    return as_pdf(story, title=title, author=desk.tenant.name, locale=desk.practice.locale)


def _table(section: Section) -> Flowable:
    heading = [words(name, color=QUIET) for name in ("What", "", "Source")]
    rows = [
        [words(each.label), words(each.words), words(each.source, size=8, color=QUIET)]
        for each in section.lines
    ]
    return table([heading, *rows], WIDTHS)

"""An agreement as a document to keep: its text, and who accepted it, when and from where."""

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from reportlab.platypus import Flowable, Spacer

from kit.words import wall_time, zone_in_words
from tenants.offers.models import Practice
from tenants.paperwork.models import Acceptance, ClientPaper
from ui.pdf import QUIET, as_pdf, prose, table, words

GAP: Final = 16
Row = tuple[str, str]
HOW_TO_CHECK: Final = (
    "The SHA-256 is that of the text as it was shown, in UTF-8. Whoever has the text can compute it again: "
    "if one character were different, so would be the number."
)


def rows_of(acceptance: Acceptance, *, paper_name: str, here: Practice) -> list[Row]:
    """The facts of an acceptance, each with its label."""
    at = wall_time(acceptance.at, here.timezone, here.locale)
    zone = zone_in_words(here.timezone, acceptance.at, here.locale)
    return [
        ("Agreement", f"{paper_name}, version {acceptance.paper_version}"),
        ("Accepted by", acceptance.name),
        ("When", f"{at} ({zone})"),
        ("In UTC", acceptance.at.astimezone(UTC).isoformat(timespec="seconds")),
        ("Network address", acceptance.address or "not known"),
        ("Browser", acceptance.agent or "not known"),
        ("SHA-256 of the text", acceptance.text_hash),
        ("Number of the acceptance", str(acceptance.pk)),
    ]


def as_document(given: ClientPaper, *, coach: str, here: Practice) -> bytes:
    """The PDF: the text, then its certificate; of what is not accepted the text alone, which it says."""
    accepted = accepted_of(given)
    text = accepted.text if accepted else given.text
    facts = rows_of(accepted, paper_name=given.paper.name, here=here) if accepted else []
    story = [*prose(text), Spacer(0, GAP), *(_certificate(facts) if facts else _not_accepted())]
    return as_pdf(story, title=given.paper.name, author=coach, locale=here.locale)


def file_name(given: ClientPaper) -> str:
    """What the document is called when it is saved."""
    return f"agreement-{given.done_at:%Y-%m-%d}.pdf" if given.done_at else "agreement.pdf"


def accepted_of(given: ClientPaper) -> Acceptance | None:
    """The acceptance of a client's paper, if there is one."""
    return getattr(given, "acceptance", None)


def _certificate(facts: Sequence[Row]) -> list[Flowable]:
    rows = [[words(label, color=QUIET), words(said)] for label, said in facts]
    return [
        words("Certificate of acceptance", size=13, after=2),
        table(rows, [45, 0], headed=False),
        Spacer(0, GAP / 2),
        words(HOW_TO_CHECK, color=QUIET),
    ]


def _not_accepted() -> list[Flowable]:
    return [words("This has not been accepted.", color=QUIET)]

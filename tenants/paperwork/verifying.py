"""Whether every acceptance still says what was accepted: all hashes computed again."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from kit.database import read_only
from tenants.paperwork.giving import hash_of
from tenants.paperwork.models import Acceptance, PaperKind

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Altered:
    """An acceptance that is not what it was, and what of it differs."""

    acceptance: Acceptance
    what: str

    def __str__(self) -> str:
        return f"acceptance {self.acceptance.pk} of {self.acceptance.at:%Y-%m-%d}: {self.what}"


def verify() -> tuple[int, list[Altered]]:
    """How many acceptances there are, and those that differ. Changes nothing."""
    with read_only():
        return Acceptance.objects.count(), list(differing(Q()))


def differing(wanted: Q) -> Iterator[Altered]:
    """What differs among those that are wanted; one may differ in several ways."""
    rows = Acceptance.objects.filter(wanted).select_related("client_paper__paper").order_by("at", "pk")
    for acceptance in rows.iterator(chunk_size=AT_ONCE):
        yield from (Altered(acceptance, what) for what in _differences(acceptance))


def _differences(acceptance: Acceptance) -> Iterator[str]:
    given = acceptance.client_paper
    if hash_of(acceptance.text) != acceptance.text_hash:
        yield "its text is not the one that was accepted"
    if acceptance.client_id != given.client_id:
        yield "it is another client’s"
    if acceptance.paper_line != given.paper.line or acceptance.paper_version != given.paper.version:
        yield "it is of another version"
    # Of a form the answers stand with the paper until they are erased.
    if given.paper.kind == PaperKind.FORM and given.text and hash_of(given.text) not in acceptance.text:
        yield "its answers are not those that were handed in"
    if given.paper.kind == PaperKind.AGREEMENT and given.text_hash != acceptance.text_hash:
        yield "its hash is not that of what was given"

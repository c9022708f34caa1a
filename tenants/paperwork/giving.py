"""Giving a paper to a client: the text with their details in it, written down once and hashed."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from kit.actors import Actor
from kit.clock import zone
from kit.database import current_schema, require_transaction
from kit.states import change, move
from kit.words import day_in_words
from tenants.activity import events
from tenants.clients.models import Client
from tenants.offers.practice import practice
from tenants.paperwork import papers
from tenants.paperwork.merge_fields import as_plain_words, filled
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper
from tenants.registry.models import Tenant


class CannotBeGiven(Exception):
    """The paper is out of use, or goes with what it was given for. The message is for the coach."""


def give(
    *,
    paper: Paper,
    client: Client,
    now: datetime,
    actor: Actor,
    reference: uuid.UUID | None = None,
    values: Mapping[str, str] | None = None,
    hides_prices: bool = False,
    twin: ClientPaper | None = None,
    packet: uuid.UUID | None = None,
    position: int = 0,
    again: bool = False,
) -> ClientPaper:
    """Step: the paper for one client, open to be done.

    `values` are merge fields beside those that are always known, such as price and sessions. The same line
    for the same client and `reference` is given once: one that is done is answered as it is, unless an
    earlier version was done and everybody is asked again; an open one too, unless its text would be another
    one now: then it is withdrawn, and what was filled in goes on in the new one. With `again` a done one
    does not count. Of `twin`s, each keeps the text of the other kind of reader.
    """
    require_transaction()
    # Two that give at once: the second finds what the first has given.
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    rows = _given_of(paper, client, reference)
    done = rows.filter(status=ClientPaperStatus.DONE, paper__version__gte=_counts_from(paper)).last()
    if done and not again:
        return done
    open_ = rows.filter(status=ClientPaperStatus.OPEN).last()
    if open_ and _is_still_it(open_, paper, client, values or {}, hides_prices):
        return open_
    if open_:
        _withdraw(open_, now, actor, because="newer")
    text = text_of(paper, client=client, at=now, values=values, hides_prices=hides_prices)
    given = ClientPaper.objects.create(
        paper=paper,
        client=client,
        text=text,
        text_hash=hash_of(text),
        answers=open_.answers if open_ else {},
        hides_prices=hides_prices,
        twin=twin,
        reference=reference,
        packet=packet,
        position=position,
        given_at=now,
    )
    tell(given, "paper.given", now, actor)
    return given


def text_of(
    paper: Paper,
    *,
    client: Client | None,
    at: datetime,
    values: Mapping[str, str] | None = None,
    hides_prices: bool = False,
) -> str:
    """A paper as one client reads it: its name as the title, and its body with the fields filled in.

    Of no client, as a preview, the client is called "Your client".
    """
    whole = {**always_known(client, at=at), **(values or {})}
    body = filled(paper.body, whole, hides_prices=hides_prices)
    return f"# {as_plain_words(paper.name)}\n\n{body}".strip()


def hash_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def withdraw(*, client_paper_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: it is not to be done any more. Raises `kit.states.IllegalMove`."""
    with transaction.atomic(durable=True):
        _withdraw(ClientPaper.objects.get(pk=client_paper_id), now, actor, because="coach")


def withdraw_all(*, reference: uuid.UUID, because: str, now: datetime, actor: Actor) -> None:
    """Step: what is open of all that was given for one thing is not to be done any more."""
    require_transaction()
    open_ = ClientPaper.objects.filter(reference=reference, status=ClientPaperStatus.OPEN)
    for each in open_.select_related("paper").order_by("pk"):
        _withdraw(each, now, actor, because=because)


def give_anew(*, client_paper_id: uuid.UUID, now: datetime, actor: Actor) -> ClientPaper:
    """Use case of the coach: the paper once more, in its current version, with a link of its own.

    What was open is withdrawn; what was accepted stays accepted. Raises CannotBeGiven, also for what was
    given with something that is sold: whoever gave it knows the values.
    """
    with transaction.atomic(durable=True):
        was = ClientPaper.objects.select_related("paper", "client").get(pk=client_paper_id)
        if was.reference:
            raise CannotBeGiven("It goes with what was offered: send that again.")
        paper = in_use(line=was.paper.line)
        if was.status == ClientPaperStatus.OPEN:
            _withdraw(was, now, actor, because="newer")
        return give(
            paper=paper,
            client=was.client,
            now=now,
            actor=actor,
            hides_prices=was.hides_prices,
            packet=was.packet,
            position=was.position,
            again=True,
        )


def in_use(*, line: uuid.UUID) -> Paper:
    """The version that is given now. Raises CannotBeGiven where the coach has taken it out of use."""
    paper = papers.current(line=line)
    if not paper.is_active:
        raise CannotBeGiven(f"“{paper.name}” is not in use. Take it into use first, then send it.")
    return paper


def change_link(*, client_paper_id: uuid.UUID, now: datetime, actor: Actor) -> ClientPaper:
    """Use case of the coach: the link that is known stops working, and another one opens the paper."""
    with transaction.atomic(durable=True):
        found = ClientPaper.objects.select_for_update(no_key=True).get(pk=client_paper_id)
        change(found, link_version=found.link_version + 1)
        tell(found, "paper.link_changed", now, actor)
    return found


def tell(given: ClientPaper, kind: str, now: datetime, actor: Actor, **data: Any) -> None:
    """Step: record what happened to a client's paper, with the ids by which it is looked for."""
    known: dict[str, Any] = {"line": str(given.paper.line), "paper_kind": given.paper.kind}
    if given.reference:
        known["reference"] = str(given.reference)
    events.record(
        kind=kind,
        subject_id=given.pk,
        client_id=given.client_id,
        actor=actor,
        now=now,
        data={**known, **data},
    )


def _given_of(paper: Paper, client: Client, reference: uuid.UUID | None) -> QuerySet[ClientPaper]:
    rows = ClientPaper.objects.select_related("paper").order_by("given_at", "pk")
    return rows.filter(paper__line=paper.line, client=client, reference=reference)


def _counts_from(paper: Paper) -> int:
    return papers.asked_again_from(line=paper.line)


def _is_still_it(
    given: ClientPaper, paper: Paper, client: Client, values: Mapping[str, str], hides_prices: bool
) -> bool:
    """Its date is that of the day on which it was given."""
    text = text_of(paper, client=client, at=given.given_at, values=values, hides_prices=hides_prices)
    return given.paper_id == paper.pk and given.text == text


def _withdraw(given: ClientPaper, now: datetime, actor: Actor, *, because: str) -> None:
    move(given, ClientPaperStatus.WITHDRAWN)
    tell(given, "paper.withdrawn", now, actor, because=because)


def always_known(client: Client | None, *, at: datetime) -> dict[str, str]:
    """The merge fields that need nothing but a client and a day."""
    here = practice()
    name = client.name if client else "Your client"
    return {
        "client_name": name,
        "client_first_name": name.split()[0] if client and name.split() else name,
        "coach_name": Tenant.objects.values_list("name", flat=True).get(schema_name=current_schema()),
        "date": day_in_words(at.astimezone(zone(here.timezone)).date(), here.locale, with_year=True),
    }

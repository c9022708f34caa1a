"""Agreements as they are written, given and accepted in tests."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from kit.actors import Actor
from tenants.clients.models import Client
from tenants.paperwork import accepting, giving, papers
from tenants.paperwork.models import Acceptance, ClientPaper, Paper, PaperKind

NOW = datetime(2026, 5, 3, 10, tzinfo=UTC)
COACH, CLIENT = Actor("coach", "7", "Anna"), Actor("client", "c")
BODY = """\
This is between {{coach_name}} and {{client_name}}, from {{date}}.

## What you get

{{sessions}}, valid for {{validity}}.

{{#price}}
## What it costs

You pay {{price}}, which is {{price_per_session}} for each.

{{/price}}
## Cancelling

Until 24 hours before."""
SOLD = {"sessions": "10 sessions", "validity": "6 months", "price": "€450.00", "price_per_session": "€45.00"}


def written(line: uuid.UUID | None = None, **fields: Any) -> Paper:
    usual = {"kind": PaperKind.AGREEMENT, "name": "Coaching agreement", "body": BODY}
    return papers.save(line=line, now=NOW, actor=COACH, **{**usual, **fields})


def given(paper: Paper, client: Client, *, at: datetime = NOW, **how: Any) -> ClientPaper:
    with transaction.atomic():
        return giving.give(paper=paper, client=client, now=at, actor=COACH, **how)


def accepted(given: ClientPaper, **how: Any) -> Acceptance:
    usual = {"name": "Cleo Smith", "shown": given.text_hash, "address": "203.0.113.7", "agent": "Browser 1"}
    return accepting.accept(client_paper_id=given.pk, now=NOW, actor=CLIENT, **{**usual, **how})

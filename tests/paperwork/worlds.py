"""A coach's papers, and what a client has been given of them."""

import uuid
from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM, Actor
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.paperwork import accepting, forms, giving, papers
from tenants.paperwork.models import ClientPaper, Paper
from tenants.paperwork.questions import Part, written
from tenants.registry.models import Tenant

COACH = Actor("coach", "7", "Anna")
AGREEMENT = "We meet as agreed, {{client_name}}. Who cancels late, pays."
GOAL, HEALTH = "goal", "health"


def agreement(tenant: Tenant, *, name: str = "Coaching agreement", **said: Any) -> Paper:
    with tenant_context(tenant):
        return papers.save(
            **{"line": None, "kind": "agreement", "name": name, "body": AGREEMENT, **said},
            now=clock.now(),
            actor=COACH,
        )


def form(tenant: Tenant, *parts: Part, name: str = "Intake form", **said: Any) -> Paper:
    """With a required question for the goal and another one about health, unless `parts` say otherwise."""
    asked = parts or (
        Part("short_text", "What is your goal?", required=True, id=GOAL),
        Part("long_text", "Anything about your health?", id=HEALTH),
    )
    with tenant_context(tenant):
        return papers.save(
            **{"line": None, "kind": "form", "name": name, "parts": written(asked), **said},
            now=clock.now(),
            actor=COACH,
        )


def document(tenant: Tenant, *, name: str = "House rules") -> Paper:
    with tenant_context(tenant):
        return papers.save(
            line=None, kind="document", name=name, body="Bring water.", now=clock.now(), actor=COACH
        )


def client(tenant: Tenant, *, email: str = "cleo@example.com", name: str = "Cleo Adler") -> Client:
    with tenant_context(tenant), transaction.atomic():
        return find_or_add(name=name, email=email, phone="", timezone="Europe/Berlin", now=clock.now())


def given(tenant: Tenant, paper: Paper, to: Client, **said: Any) -> ClientPaper:
    with tenant_context(tenant), transaction.atomic():
        return giving.give(paper=paper, client=to, now=clock.now(), actor=SYSTEM, **said)


def handed_in(tenant: Tenant, paper: ClientPaper, **answers: Any) -> Any:
    with tenant_context(tenant):
        return forms.hand_in(
            client_paper_id=paper.pk,
            answers=answers or {GOAL: "Run ten kilometres"},
            name="Cleo Adler",
            address="203.0.113.7",
            agent="A browser",
            now=clock.now(),
            actor=Actor("client", str(paper.client_id)),
        )


def accepted(tenant: Tenant, paper: ClientPaper) -> Any:
    with tenant_context(tenant):
        return accepting.accept(
            client_paper_id=paper.pk,
            name="Cleo Adler",
            shown=paper.text_hash,
            address="203.0.113.7",
            agent="A browser",
            now=clock.now(),
            actor=Actor("client", str(paper.client_id)),
        )


def reread(tenant: Tenant, paper: ClientPaper | uuid.UUID) -> ClientPaper:
    with tenant_context(tenant):
        key = paper if isinstance(paper, uuid.UUID) else paper.pk
        return ClientPaper.objects.select_related("paper", "client").get(pk=key)

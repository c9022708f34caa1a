"""Every address of both hosts, found by walking the URL files: a new page is walked from its first day."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from django_tenants.utils import tenant_context

from accounts.models import User
from fees.models import FeeStatement
from kit import clock
from kit.actors import SYSTEM, Actor
from partners import accesses, applications
from payouts.models import Payout, PayoutStatus
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import bank_lines, paper_links
from tenants.billing import links as billing_links
from tenants.billing.models import BankLine, Document, ManualPayment
from tenants.clients import notes, relations, sign_in
from tenants.clients.models import Client, Relation, SignIn, SignInKind
from tenants.files import keeping
from tenants.integrations import deliveries, endpoints, keys
from tenants.integrations.models import ApiKey, WebhookDelivery
from tenants.messaging import sequence_runs, sequences, unsubscribing
from tenants.messaging.models import Mail, SequenceRun
from tenants.offers import coupons
from tenants.offers.practice import practice
from tenants.packs import links as pack_links
from tenants.packs import selling
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork import forms, packets, papers
from tenants.paperwork import links as client_paper_links
from tenants.paperwork.giving import give
from tenants.paperwork.handing_over import hand_over
from tenants.paperwork.models import ClientPaper, PaperKind
from tenants.paperwork.questions import Part
from tenants.people import feeds, importing
from tenants.registry import domains
from tenants.registry.models import Tenant
from tenants.retainers import links as retainer_links
from tenants.retainers import plans, subscribing
from tenants.retainers.models import Retainer
from tenants.scheduling import hours, links
from tenants.scheduling.models import Booking
from tenants.shop import downloads, packs_for, packs_for_links, proposal_links, proposals
from tenants.shop import links as order_links
from tenants.shop.models import Order, Proposal
from tests import console, worlds
from tests.billing.by_hand import charge_of, record
from tests.paperwork import worlds as paperwork
from tests.shop import shelves
from tests.worlds import Shop

CENTRAL, COACH = "config.urls.central", "config.urls.coach"
CENTRAL_HOST = "localhost:8000"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Route:
    """One entry of a URL file, by its whole pattern."""

    urlconf: str
    pattern: str
    name: str
    view: Callable[..., Any] = field(compare=False)

    @property
    def parameters(self) -> list[str]:
        return [one or other for one, other in PARAMETER.findall(self.pattern)]

    @property
    def is_a_coachs(self) -> bool:
        """Answered as a tenant: on the coach's own host, or in the dashboard."""
        return self.urlconf == COACH or self.pattern.startswith("coach/<slug:slug>/")

    @property
    def is_the_apis(self) -> bool:
        return self.urlconf == COACH and self.pattern.startswith("api/v1/")

    @property
    def may_write_on_get(self) -> bool:
        return getattr(self.view, "writes_on_get", False)

    def path(self, values: dict[str, object]) -> str:
        """The address with its parameters filled in. Fails for a parameter that nobody has explained."""
        unknown = set(self.parameters) - set(values)
        assert not unknown, f"Say in {__name__}.Rows.values what {unknown} of {self.pattern} names."
        written = PARAMETER.sub(lambda found: str(values[found[1] or found[2]]), self.pattern)
        return "/" + re.sub(r"[\^$]|\\", "", written)


def routes(urlconf: str) -> list[Route]:
    """What is for people's browsers. What programs ask is tried in tests/api."""
    return [
        route for route in _walk(urlconf, get_resolver(urlconf).url_patterns, "") if not route.is_the_apis
    ]


def of_programs() -> list[Route]:
    """The API's addresses, all of which want a key."""
    return [route for route in _walk(COACH, get_resolver(COACH).url_patterns, "") if route.is_the_apis]


def everywhere() -> list[Route]:
    return routes(CENTRAL) + routes(COACH)


def dashboard() -> list[Route]:
    return [route for route in routes(CENTRAL) if route.is_a_coachs]


def _walk(urlconf: str, entries: list[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for entry in entries:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(urlconf, entry.url_patterns, pattern)
        else:
            yield Route(urlconf, pattern, entry.name or "", entry.callback)


@dataclass
class Rows:
    """One coach with a row of everything that an address can name."""

    tenant: Tenant
    client_name: str
    booking: Booking
    time_off_id: UUID
    pack: Pack
    coupon_id: UUID
    payment: ManualPayment
    line_id: UUID
    payout_id: UUID
    retainer: Retainer
    note_id: UUID
    import_id: UUID

    @property
    def statement_id(self) -> UUID:
        return FeeStatement.objects.get(schema_name=self.tenant.schema_name).pk

    @property
    def host(self) -> str:
        return f"{self.tenant.slug}.{settings.COACH_BASE_DOMAIN}"

    @property
    def token(self) -> str:
        with tenant_context(self.tenant):
            return links.token_of(self.booking)

    @property
    def pack_token(self) -> str:
        with tenant_context(self.tenant):
            return pack_links.token_of(self.pack)

    @property
    def retainer_token(self) -> str:
        with tenant_context(self.tenant):
            return retainer_links.token_of(self.retainer, for_payer=True)

    @property
    def paper(self) -> Document:
        with tenant_context(self.tenant):
            return Document.objects.select_related("charge__client").earliest("issued_at")

    @property
    def paper_token(self) -> str:
        with tenant_context(self.tenant):
            return paper_links.token_of(self.paper)

    @property
    def pay_token(self) -> str:
        with tenant_context(self.tenant):
            return billing_links.pay_token(self.paper.charge)

    @property
    def payer_token(self) -> str:
        with tenant_context(self.tenant):
            return billing_links.payments_token(self.paper.charge.client)

    @property
    def order(self) -> Order:
        with tenant_context(self.tenant):
            return Order.objects.select_related("product").get(product__isnull=False)

    @property
    def order_token(self) -> str:
        with tenant_context(self.tenant):
            return order_links.token_of(self.order)

    @property
    def packs_order(self) -> Order:
        with tenant_context(self.tenant):
            return Order.objects.get(kind="packs")

    @property
    def relation_id(self) -> UUID:
        with tenant_context(self.tenant):
            return Relation.objects.values_list("pk", flat=True).get()

    @property
    def packs_token(self) -> str:
        with tenant_context(self.tenant):
            return packs_for_links.token_of(self.packs_order)

    @property
    def download_token(self) -> str:
        with tenant_context(self.tenant):
            file_id = UUID(self.order.agreed["files"][0])
            return downloads.token_of(order_id=self.order.pk, file_id=file_id, now=clock.now())

    @property
    def agreement(self) -> ClientPaper:
        return self.given(PaperKind.AGREEMENT)

    def given(self, kind: PaperKind) -> ClientPaper:
        """The client's paper of this kind."""
        with tenant_context(self.tenant):
            return ClientPaper.objects.select_related("paper").get(paper__kind=kind)

    def given_token(self, kind: PaperKind) -> str:
        with tenant_context(self.tenant):
            return client_paper_links.token_of(self.given(kind))

    @property
    def sign_token(self) -> str:
        with tenant_context(self.tenant):
            return client_paper_links.token_of(self.agreement)

    @property
    def proposal(self) -> Proposal:
        with tenant_context(self.tenant):
            return Proposal.objects.get()

    @property
    def proposal_token(self) -> str:
        with tenant_context(self.tenant):
            return proposal_links.token_of(self.proposal)

    @property
    def sequence_run(self) -> SequenceRun:
        with tenant_context(self.tenant):
            return SequenceRun.objects.select_related("sequence").get()

    @property
    def mail_id(self) -> UUID:
        with tenant_context(self.tenant):
            return Mail.objects.get(subject_id=self.sequence_run.pk).pk

    @property
    def unsubscribe_token(self) -> str:
        with tenant_context(self.tenant):
            return unsubscribing.token_of(self.booking.client_id)  # type: ignore[arg-type]

    @property
    def enter_token(self) -> str:
        with tenant_context(self.tenant):
            return sign_in.link_token(SignIn.objects.get(kind=SignInKind.CODE).pk)

    @property
    def domain_id(self) -> UUID:
        return domains.of_tenant(self.tenant.pk)[0].pk

    @property
    def key_id(self) -> UUID:
        with tenant_context(self.tenant):
            return ApiKey.objects.get().pk

    @property
    def access_id(self) -> UUID:
        return accesses.of_practice(self.tenant.schema_name)[0].pk

    @property
    def delivery(self) -> WebhookDelivery:
        with tenant_context(self.tenant):
            return WebhookDelivery.objects.get()

    @property
    def feed_token(self) -> str:
        with tenant_context(self.tenant):
            return feeds.client_token(self.paper.charge.client)

    @property
    def coach_feed_token(self) -> str:
        with tenant_context(self.tenant):
            return feeds.coach_token(practice())

    @cached_property
    def values(self) -> dict[str, object]:
        """What each parameter of an address is, for this coach: looked up once, for hundreds of addresses."""
        return {
            "slug": self.tenant.slug,
            "tenant_id": self.tenant.pk,
            "booking_id": self.booking.pk,
            "client_id": self.booking.client_id,
            "note_id": self.note_id,
            "domain_id": self.domain_id,
            "import_id": self.import_id,
            "endpoint_id": self.delivery.endpoint_id,
            "key_id": self.key_id,
            "access_id": self.access_id,
            "delivery_id": self.delivery.pk,
            "session_type_id": self.booking.session.session_type_id,
            "type_slug": self.booking.session.session_type.slug,
            "time_off_id": self.time_off_id,
            "line": self.pack.offer.line,
            "pack_id": self.pack.pk,
            "pack_slug": self.pack.offer.slug,
            "sequence_id": self.sequence_run.sequence_id,
            "step_id": self.sequence_run.sequence.steps[0]["id"],
            "run_id": self.sequence_run.pk,
            "mail_id": self.mail_id,
            "plan_id": self.retainer.plan_id,
            "plan_slug": self.retainer.plan.slug,
            "retainer_id": self.retainer.pk,
            "retainer_token": self.retainer_token,
            "attempt_id": self.booking.funded_by,
            "refund_id": uuid4(),
            "coupon_id": self.coupon_id,
            "charge_id": self.payment.charge_id,
            "payment_id": self.payment.pk,
            "line_id": self.line_id,
            "payout_id": self.payout_id,
            "statement_id": self.statement_id,
            "pack_token": self.pack_token,
            "paper_token": self.paper_token,
            "pay_token": self.pay_token,
            "payer_token": self.payer_token,
            "enter_token": self.enter_token,
            "feed_token": self.feed_token,
            "coach_feed_token": self.coach_feed_token,
            "sign_token": self.sign_token,
            "unsubscribe_token": self.unsubscribe_token,
            "proposal_token": self.proposal_token,
            "proposal_id": self.proposal.pk,
            "order_token": self.order_token,
            "packs_token": self.packs_token,
            "order_id": self.packs_order.pk,
            "relation_id": self.relation_id,
            "download_token": self.download_token,
            "product_id": self.order.product_id,
            "product_slug": self.order.agreed["slug"],
            "file_id": self.order.agreed["files"][0],
            "client_paper_id": self.agreement.pk,
            "paper_line": self.agreement.paper.line,
            "paper_id": self.agreement.paper_id,
            "form_token": self.given_token(PaperKind.FORM),
            "read_token": self.given_token(PaperKind.DOCUMENT),
            "packet_token": self.given_token(PaperKind.PACKET),
            "given_id": self.given(PaperKind.FORM).pk,
            "form_line": self.given(PaperKind.FORM).paper.line,
            "document_line": self.given(PaperKind.DOCUMENT).paper.line,
            "packet_line": self.given(PaperKind.PACKET).paper.line,
            "packet_file_id": self.given(PaperKind.DOCUMENT).paper.file_id,
            "question_id": "photo",
            "card_id": uuid4(),
            "document_id": self.paper.pk,
            "series": uuid4(),
            "token": self.token,
            "automation": "pack_low",
            "day": (clock.now() + worlds.timedelta(days=40)).date(),
            # An operator's, of things that are stuck.
            "event_id": uuid4(),
            "wakeup_id": uuid4(),
            "entry_id": uuid4(),
            "request_id": uuid4(),
            "announcement_id": uuid4(),
            "invitation": "no-such-invitation",
            "colour": "3366cc",
            "picture_id": uuid4(),
            # Of the mailbox and of sign-in: nothing that is a coach's.
            "number": 0,
            "uidb36": "abc",
            "key": "no-such-key",
        }


def rows_of(shop: Shop, *, word: str) -> Rows:
    """Fill a coach's practice; `word` stands in every text of it."""
    tenant = shop.tenant
    kind = worlds.session_type(tenant, name=f"{word} lesson")
    booking = worlds.held(tenant, kind, at=worlds.hour(30))
    worlds.book(tenant, booking, name=f"{word} client", email=f"{word.lower()}@example.com")
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    day = (clock.now() + worlds.timedelta(days=40)).date()
    with tenant_context(tenant):
        off = hours.take_time_off(
            starts_at=worlds.hour(900),
            ends_at=worlds.hour(901),
            note=f"{word} holidays",
            now=clock.now(),
        )
        hours.set_date(day=day, ranges=[])
        coupon = coupons.create(code=f"{word}-CODE", off_bp=1000, now=clock.now())
    offer = worlds.pack_offer(tenant, kind, name=f"{word} pack")
    booking = worlds.reread(tenant, booking)
    assert booking.client_id is not None
    with tenant_context(tenant):
        sold = selling.sell(offer_id=offer.pk, client_id=booking.client_id, now=clock.now(), actor=SYSTEM)
    sold = worlds.reread_pack(tenant, sold)
    payment, line_id = _in_hand(tenant, sold, word)
    payout_id = _paid_out(tenant)
    _stated(tenant)
    begun = _regular(tenant, booking, word)
    _agreement(tenant, booking, word)
    _packet(tenant, booking, word)
    domains.claim(tenant_id=tenant.pk, typed=f"{word}.example", now=clock.now(), actor=SYSTEM)
    _webhook(tenant, word)
    _programs(tenant, word)
    with tenant_context(tenant):
        sign_in.ask(email=f"{word.lower()}@example.com", browser="a browser", now=clock.now())
    _product(shop, word)
    _packs_for_others(tenant, offer, booking, word)
    _sequence(tenant, booking, word)
    written = _people(tenant, booking, word)
    named = f"{word} client", booking, off.pk, sold, coupon.pk, payment, line_id, payout_id, begun
    return Rows(tenant, *named, *written)


def _webhook(tenant: Tenant, word: str) -> None:
    """A program that is told of nothing but its own test."""
    asked: dict[str, Any] = {"now": clock.now(), "actor": SYSTEM}
    with tenant_context(tenant):
        made = endpoints.make(
            url=f"https://{word}.example.com/", name=word, kinds="webhook.*", shows_money=False, **asked
        )
        endpoints.test(endpoint_id=made.pk, **asked)
        with transaction.atomic():
            deliveries.plan(
                event=Event.objects.get(subject_id=made.pk, kind="webhook.tested"), now=clock.now()
            )


def _programs(tenant: Tenant, word: str) -> None:
    """A key of the coach's, and a partner's program that was let in."""
    now = clock.now()
    with tenant_context(tenant):
        keys.make(name=word, scopes=["catalogue:read"], expires_at=None, now=now, actor=SYSTEM)
    operator = Actor("operator", str(UUID(int=1)), "Olga")
    program, _secret = applications.register(
        name=f"{word} planner",
        redirect_uris=[f"https://{word.lower()}.example/"],
        keeps_secret=True,
        now=now,
        actor=operator,
    )
    user = User.objects.get(memberships__tenant=tenant)
    accesses.allow(application_id=program.pk, tenant=tenant, user=user, scopes=["catalogue:read"], now=now)


def _people(tenant: Tenant, booking: Booking, word: str) -> tuple[UUID, UUID]:
    """A private note, and a list of clients that was brought."""
    text = f"Name,E-mail,Sessions left\n{word} guest,{word.lower()}.guest@example.com,2"
    with tenant_context(tenant):
        assert booking.client_id is not None
        note = notes.add(client_id=booking.client_id, text=f"{word} note", now=clock.now(), actor=SYSTEM)
        made = importing.bring(
            text=text,
            chosen=None,
            file_name=f"{word}.csv",
            list_of=clock.now().date(),
            pack_line=None,
            now=clock.now(),
            actor=SYSTEM,
        )
        return note.pk, made.pk


def _sequence(tenant: Tenant, booking: Booking, word: str) -> None:
    """On, with the client on the way through it, and a mail of it that is not sent yet."""
    step = {"after_hours": 24, "subject": f"{word} hint", "body": f"{word} words"}
    with tenant_context(tenant):
        about: dict[str, Any] = {"now": clock.now(), "actor": SYSTEM}
        made = sequences.make(name=f"{word} mails", starts_on="pack.bought", steps=[step], **about)
        sequences.switch(sequence_id=made.pk, on=True, **about)
        with transaction.atomic():
            event = events.record(
                kind="client.seen", subject_id=uuid4(), client_id=booking.client_id, **about
            )
            client = Client.objects.get(bookings=booking)
            made.refresh_from_db()
            run = sequence_runs.start(sequence=made, client=client, event=event, now=clock.now())
            assert run is not None
            Mail.objects.create(
                event_id=event.pk,
                kind="sequence_mail",
                audience="client",
                subject_id=run.pk,
                status="dropped",
            )


def _packs_for_others(tenant: Tenant, offer: PackOffer, booking: Booking, word: str) -> None:
    """Set up by the coach, and not paid."""
    assert booking.client_id is not None
    with tenant_context(tenant):
        packs_for.sell(
            order_id=uuid4(),
            offer_id=offer.pk,
            payer_id=booking.client_id,
            people=[packs_for.Person(f"{word} child")],
            gift=packs_for.Gift(),
            now=clock.now(),
            actor=SYSTEM,
        )
        with transaction.atomic():
            child = Client.objects.create(name=f"{word} child")
            payer = Client.objects.get(pk=booking.client_id)
            relations.relate(payer=payer, beneficiary=child, now=clock.now(), actor=SYSTEM)


def _agreement(tenant: Tenant, booking: Booking, word: str) -> None:
    """Given to the client, and not accepted yet."""
    assert booking.client is not None
    body = f"{word} terms for {{{{client_name}}}}."
    with tenant_context(tenant):
        paper = papers.save(
            line=None,
            kind=PaperKind.AGREEMENT,
            name=f"{word} agreement",
            body=body,
            now=clock.now(),
            actor=SYSTEM,
        )
        with transaction.atomic():
            give(paper=paper, client=booking.client, now=clock.now(), actor=SYSTEM)
        proposals.propose(
            client_id=booking.client.pk, title=f"{word} proposal", now=clock.now(), actor=SYSTEM
        )


def _packet(tenant: Tenant, booking: Booking, word: str) -> None:
    """A form with a file in its draft, and a document with one, in a packet that holds it too."""
    assert booking.client is not None
    form = paperwork.form(tenant, Part("file", f"{word} photo", id="photo"), name=f"{word} form")
    with tenant_context(tenant):
        brought = {"photo": keeping.check(name=f"{word}.txt", content=word.encode())}
        file = keeping.store(name=f"{word} map.txt", content=word.encode(), now=clock.now())
        said: dict[str, Any] = {"line": None, "now": clock.now(), "actor": SYSTEM}
        rules = papers.save(kind="document", name=f"{word} rules", body=word, file_id=file.pk, **said)
        inside = packets.written(
            [{"line": form.line}, {"line": rules.line}, {"name": f"{word} map", "file_id": file.pk}]
        )
        packet = papers.save(kind="packet", name=f"{word} packet", parts=inside, **said)
        hand_over(line=packet.line, client_id=booking.client.pk, mails=True, now=clock.now(), actor=SYSTEM)
        given = ClientPaper.objects.get(paper=form)
        forms.keep_draft(client_paper_id=given.pk, typed={}, files=brought, now=clock.now())


def _product(shop: Shop, word: str) -> None:
    """With a file, and bought for nothing."""
    sold = shelves.product(shop.tenant, name=f"{word} plan", price_minor=0, files=1)
    shelves.bought(shop, sold, email=f"{word.lower()}@example.com")


def _regular(tenant: Tenant, booking: Booking, word: str) -> Retainer:
    """A plan, and a client who was sent a link to begin it."""
    covers = {str(booking.session.session_type_id): 1}
    with tenant_context(tenant):
        plan = plans.offer(
            name=f"{word} coaching", price_minor=20000, included=4, covers=covers, now=clock.now()
        )
        assert booking.client_id is not None
        return subscribing.invite(plan_id=plan.pk, client_id=booking.client_id, now=clock.now(), actor=SYSTEM)


def _in_hand(tenant: Tenant, sold: Pack, word: str) -> tuple[ManualPayment, UUID]:
    """A part of the pack in cash, and a line of the bank."""
    payment = record(tenant, charge_of(tenant, sold.pk), 100)
    data = f"Date;Name;Amount\n2026-06-10;{word} payer;1,00\n".encode()
    with tenant_context(tenant):
        bank_lines.take_in(data=data, now=clock.now(), actor=SYSTEM)
        return payment, BankLine.objects.get().pk


def _paid_out(tenant: Tenant) -> UUID:
    with tenant_context(tenant), transaction.atomic():
        payout = Payout.objects.create(
            payout_id=f"po_{tenant.slug}",
            account_id=f"acct_{tenant.slug}",
            status=PayoutStatus.PAID,
            amount_minor=4500,
            currency="eur",
            arrives_on=clock.now().date(),
            made_at=clock.now(),
        )
    return payout.pk


def _stated(tenant: Tenant) -> None:
    with tenant_context(tenant), transaction.atomic():
        FeeStatement.objects.create(
            schema_name=tenant.schema_name,
            number=1,
            month=clock.now().date().replace(day=1),
            currency="eur",
            charged_minor=450,
            returned_minor=0,
        )


def nothing_of_ours() -> dict[str, object]:
    """Rows that nobody has."""
    named = (
        "tenant_id",
        "booking_id",
        "domain_id",
        "endpoint_id",
        "delivery_id",
        "key_id",
        "access_id",
        "client_id",
        "note_id",
        "import_id",
        "session_type_id",
        "time_off_id",
        "line",
        "pack_id",
        "series",
        "coupon_id",
        "attempt_id",
        "refund_id",
        "charge_id",
        "payment_id",
        "line_id",
        "payout_id",
        "statement_id",
        "document_id",
        "plan_id",
        "sequence_id",
        "step_id",
        "run_id",
        "mail_id",
        "retainer_id",
        "client_paper_id",
        "product_id",
        "order_id",
        "relation_id",
        "proposal_id",
        "file_id",
        "paper_line",
        "paper_id",
        "given_id",
        "form_line",
        "document_line",
        "packet_line",
        "packet_file_id",
        "question_id",
    )
    slugs = {"type_slug": "no-such-lesson", "pack_slug": "no-such-pack", "plan_slug": "no-such-plan"}
    slugs["product_slug"] = "no-such-product"
    named_in_links = ("token", "pack_token", "retainer_token", "paper_token", "pay_token", "payer_token")
    to_own_pages = ("unsubscribe_token", "enter_token", "feed_token", "coach_feed_token")
    of_papers = ("sign_token", "form_token", "read_token", "packet_token")
    of_orders = ("order_token", "packs_token", "download_token", "proposal_token")
    tokens = dict.fromkeys((*named_in_links, *to_own_pages, *of_papers, *of_orders), "no-such-link")
    return {**dict.fromkeys(named, uuid4()), **slugs, **tokens, "day": "2026-13-41", "automation": "no-such"}


def anonymous(host: str = CENTRAL_HOST, **options: Any) -> Browser:
    return Browser(HTTP_HOST=host, **options)


def signed_in(tenant: Tenant, host: str = CENTRAL_HOST, **options: Any) -> Browser:
    """The browser of the coach whose practice it is, signed in on the central host."""
    browser = Browser(HTTP_HOST=host, **options)
    browser.force_login(User.objects.get(memberships__tenant=tenant))
    return browser


def operator(**options: Any) -> Browser:
    return console.operator(**options)

"""Which function writes which mail, and to whose address it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from tenants.activity.models import Event
from tenants.clients import relations
from tenants.clients.models import Client
from tenants.messaging import (
    agreements,
    cancellations,
    confirmations,
    disputes,
    domain_mails,
    export_mails,
    fee_statements,
    given_papers,
    instalments,
    moves,
    orders,
    pack_changes,
    pack_links,
    pack_nudges,
    pack_refunds,
    pack_sales,
    packs_for,
    papers,
    payment_links,
    payouts,
    practice_standing,
    proposals,
    received,
    refunds,
    refusals,
    releases,
    reminders,
    requests,
    retainer_mails,
    sequence_mails,
    series,
    sign_in_mails,
    stripe_states,
    webhook_mails,
)
from tenants.messaging.letters import Letter, Outdated
from tenants.messaging.models import Audience, Mail
from tenants.messaging.pack_story import PackWriter, pack_story_of
from tenants.messaging.retainer_story import retainer_story_of
from tenants.messaging.series_story import series_of
from tenants.messaging.story import story_of
from tenants.messaging.wording import one_line

CLIENT, BUYER, COACH = Audience.CLIENT, Audience.BUYER, Audience.COACH

ABOUT_BOOKINGS: Final[Mapping[tuple[str, str], Callable[..., Letter]]] = MappingProxyType(
    {
        ("booking_confirmed", CLIENT): confirmations.to_client,
        ("booking_confirmed", COACH): confirmations.to_coach,
        ("series_confirmed", CLIENT): series.to_client,
        ("series_confirmed", COACH): series.to_coach,
        ("booking_requested", CLIENT): requests.to_client,
        ("booking_requested", COACH): requests.to_coach,
        ("booking_released", CLIENT): releases.to_client,
        ("booking_released", COACH): releases.to_coach,
        ("booking_reminder", CLIENT): reminders.to_client,
        ("booking_moved", CLIENT): moves.to_client,
        ("booking_moved", COACH): moves.to_coach,
        ("booking_cancelled", CLIENT): cancellations.to_client,
        ("booking_cancelled", COACH): cancellations.to_coach,
        ("booking_waived", CLIENT): cancellations.waived_to_client,
        ("booking_waived", COACH): cancellations.waived_to_coach,
        ("payment_refunded", CLIENT): refunds.refunded_to_client,
        ("payment_refunded", COACH): refunds.refunded_to_coach,
    }
)
ABOUT_PACKS: Final[Mapping[tuple[str, str], PackWriter]] = MappingProxyType(
    {
        ("pack_bought", CLIENT): pack_sales.bought_to_client,
        ("pack_bought", BUYER): pack_sales.bought_to_buyer,
        ("pack_bought", COACH): pack_sales.bought_to_coach,
        ("pack_sold", CLIENT): pack_sales.sold_to_client,
        ("pack_sold", COACH): pack_sales.sold_to_coach,
        ("pack_given", CLIENT): packs_for.given,
        ("pack_paid", BUYER): pack_sales.paid_to_buyer,
        ("pack_paid", COACH): pack_sales.paid_to_coach,
        ("pack_released", BUYER): pack_sales.released_to_buyer,
        ("pack_low", CLIENT): pack_nudges.low,
        ("pack_low", BUYER): pack_nudges.low,
        ("pack_low", COACH): pack_nudges.low_to_coach,
        ("pack_expiring", CLIENT): pack_nudges.expiring,
        ("pack_expiring", COACH): pack_nudges.expiring_to_coach,
        ("pack_expired", CLIENT): pack_nudges.expired,
        ("pack_expired", COACH): pack_nudges.expired_to_coach,
        ("pack_extended", CLIENT): pack_changes.extended,
        ("pack_extended", COACH): pack_changes.extended_to_coach,
        ("pack_sent", CLIENT): pack_changes.sent,
        ("pack_sent", COACH): pack_changes.sent_to_coach,
        ("pack_received", CLIENT): pack_changes.received,
        ("pack_corrected", CLIENT): pack_changes.corrected,
        ("pack_frozen", CLIENT): pack_changes.frozen,
        ("pack_frozen", COACH): pack_changes.frozen_to_coach,
        ("pack_unfrozen", CLIENT): pack_changes.unfrozen,
        ("pack_unfrozen", COACH): pack_changes.unfrozen_to_coach,
        ("pack_refunded", CLIENT): pack_refunds.units_removed,
        ("pack_payment_refunded", BUYER): pack_refunds.refunded_to_buyer,
        ("pack_payment_refunded", COACH): pack_refunds.refunded_to_coach,
    }
)
ABOUT_STRIPE: Final[Mapping[str, Callable[[], Letter]]] = MappingProxyType(
    {
        "stripe_restricted": stripe_states.restricted,
        "stripe_disconnected": stripe_states.disconnected,
    }
)
# Those about something else than a booking, a pack or the account say themselves to whom they go.
ON_THEIR_OWN: Final[Mapping[tuple[str, str], Callable[[Event, datetime], tuple[Letter, str]]]] = (
    MappingProxyType(
        {
            ("payment_received", CLIENT): received.received_to_client,
            ("payment_received", COACH): received.matched_to_coach,
            ("payment_given_back", CLIENT): received.given_back_to_client,
            ("payment_taken_back", CLIENT): received.taken_back_to_client,
            ("instalment_upcoming", CLIENT): instalments.upcoming,
            ("instalment_due", CLIENT): instalments.due,
            ("instalment_paid", CLIENT): instalments.paid,
            ("instalment_failed", CLIENT): instalments.failed,
            ("instalment_failed", COACH): instalments.failed_to_coach,
            ("instalment_asks_client", CLIENT): instalments.asks_client,
            ("instalment_asks_client", COACH): instalments.asks_client_to_coach,
            ("instalment_unpaid", CLIENT): instalments.unpaid,
            ("instalment_unpaid", COACH): instalments.unpaid_to_coach,
            ("card_removed", CLIENT): instalments.card_removed,
            ("refund_refused", CLIENT): refusals.to_client,
            ("refund_refused", COACH): refusals.to_coach,
            ("domain_failing", COACH): domain_mails.failing,
            ("practice_suspended", COACH): practice_standing.suspended,
            ("practice_reopened", COACH): practice_standing.reopened,
            ("practice_closed", COACH): practice_standing.closed,
            ("export_ready", COACH): export_mails.ready,
            ("practice_opened_again", COACH): practice_standing.opened_again,
            ("practice_arrived", COACH): practice_standing.arrived,
            ("webhook_switched_off", COACH): webhook_mails.switched_off,
            ("dispute_opened", COACH): disputes.opened,
            ("dispute_closed", COACH): disputes.closed,
            ("payment_warned", COACH): disputes.warned,
            ("pack_link_asked", CLIENT): pack_links.asked,
            ("payments_link_asked", CLIENT): payment_links.asked,
            ("card_saved", CLIENT): payment_links.card_saved,
            ("packs_bought", CLIENT): packs_for.bought,
            ("packs_bought", COACH): packs_for.bought_to_coach,
            ("packs_offered", CLIENT): packs_for.offered,
            ("packs_released", CLIENT): packs_for.released,
            ("packs_refunded", CLIENT): packs_for.refunded,
            ("packs_refunded", COACH): packs_for.refunded_to_coach,
            ("sign_in_code", CLIENT): sign_in_mails.code_asked,
            ("invoice_sent", CLIENT): papers.invoice_sent,
            ("invoice_overdue", CLIENT): papers.invoice_overdue,
            ("invoice_paid", CLIENT): papers.invoice_paid,
            ("invoice_paid", COACH): papers.invoice_paid_to_coach,
            ("invoice_cancelled", CLIENT): papers.invoice_cancelled,
            ("invoice_refunded", CLIENT): papers.invoice_refunded,
            ("invoice_refunded", COACH): papers.invoice_refunded_to_coach,
            ("order_paid", CLIENT): orders.paid_to_client,
            ("order_paid", COACH): orders.paid_to_coach,
            ("order_released", CLIENT): orders.released_to_client,
            ("order_refunded", CLIENT): orders.refunded_to_client,
            ("order_refunded", COACH): orders.refunded_to_coach,
            ("order_link_asked", CLIENT): orders.link_asked,
            ("paper_sent", CLIENT): agreements.sent,
            ("paper_reminded", CLIENT): agreements.reminded,
            ("paper_handed_over", CLIENT): given_papers.handed_over,
            ("given_paper_reminded", CLIENT): given_papers.reminded,
            ("paper_accepted", CLIENT): agreements.accepted_to_client,
            ("paper_accepted", COACH): agreements.accepted_to_coach,
            ("paper_declined", COACH): agreements.declined_to_coach,
            ("proposal_sent", CLIENT): proposals.sent,
            ("proposal_accepted", COACH): proposals.accepted_to_coach,
            ("proposal_declined", COACH): proposals.declined_to_coach,
            ("proposal_expired", COACH): proposals.expired_to_coach,
            ("proposal_withdrawn", CLIENT): proposals.withdrawn,
            ("payout_failed", COACH): payouts.failed_to_coach,
            ("fees_stated", COACH): fee_statements.stated_to_coach,
            ("sequence_mail", CLIENT): sequence_mails.step_to_client,
            ("sequence_test", COACH): sequence_mails.test_to_coach,
        }
    )
)


@dataclass(frozen=True)
class Written:
    """A letter and the one address that it goes to; without one it is for the coach."""

    letter: Letter
    address: str = ""


def written(mail: Mail, event: Event, now: datetime, *, organizer_email: str) -> Written:
    """The mail in words, from the state as it is now. Raises `letters.Outdated`."""
    key = (mail.kind, mail.audience)
    if mail.kind in ABOUT_STRIPE:
        return Written(ABOUT_STRIPE[mail.kind]())
    if key in ON_THEIR_OWN:
        return Written(*ON_THEIR_OWN[key](event, now))
    if key in ABOUT_PACKS:
        about_pack = pack_story_of(event, mail.audience, now)
        return _to(about_pack.reader, ABOUT_PACKS[key](about_pack))
    if key in retainer_mails.WRITERS:
        about_retainer = retainer_story_of(event, mail.audience, now)
        return _to(about_retainer.reader, retainer_mails.WRITERS[key](about_retainer))
    about = series_of(event, now) if event.kind == "series.confirmed" else story_of(event, now)
    letter = ABOUT_BOOKINGS[key](about, organizer_email=organizer_email)
    return _to(about.client if mail.audience == CLIENT else None, letter)


def _to(reader: Client | None, letter: Letter) -> Written:
    """To a client, or else to the coach. Who has no address has their mail read by who pays for them."""
    if reader is None:
        return Written(letter)
    if reader.email:
        return Written(letter, reader.email)
    name, address = one_line(reader.name), relations.mail_address_of(reader)
    if not address:
        raise Outdated(f"{name} has no e-mail address, and nobody reads mail for them.")
    why = f"{letter.why} It is for {name}, who has no address of their own here."
    return Written(replace(letter, subject=f"For {name}: {letter.subject}", why=why), address)

"""Who waits for a page of their own while sign-up is by invitation: on the list, invited, signed up."""

import uuid
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import audit, mails
from accounts.models import WaitlistEntry, WaitlistStatus
from kit.actors import Actor
from kit.database import insert_unless_there
from kit.signed_links import BadLink, SignedLinks
from kit.states import IllegalMove, move, try_move

log = structlog.get_logger()

LINKS = SignedLinks("invitation")
VERSION = 1


class CannotSend(Exception):
    """The mail server did not take the invitation. Nothing has changed."""


class InvitationUsed(Exception):
    """Somebody has signed up with it meanwhile."""


def join(*, name: str, email: str, coaches: str, now: datetime) -> None:
    """Use case: put somebody on the list. Who is on it already stays where they are."""
    entry = WaitlistEntry(name=name, email=email.strip().lower(), coaches=coaches, joined_at=now)
    with transaction.atomic(durable=True):
        insert_unless_there(entry)


def invite(*, entry_id: uuid.UUID, again: bool, now: datetime, actor: Actor) -> bool:
    """Use case of an operator: the mail with the link goes out; once more only when that is asked for.

    False where there is nothing to do: invited by somebody else meanwhile, or signed up. Raises CannotSend.
    """
    entry = WaitlistEntry.objects.get(pk=entry_id)
    before = entry.invited_at
    with transaction.atomic(durable=True):
        if not _claim(entry, again, now):
            return False
        audit.note(actor=actor, kind="waitlist.invite", reference=str(entry_id), now=now)
    try:
        mails.send(mails.invitation(address_of(entry), entry.name), to=entry.email)
    except mails.UNSENT as error:
        _give_back(entry, again, before, now, actor)
        raise CannotSend(entry.email) from error
    log.info("invited", entry=str(entry.pk), actor_kind=actor.kind, actor_id=actor.id)
    return True


def _claim(entry: WaitlistEntry, again: bool, now: datetime) -> bool:
    if not again:
        return try_move(entry, WaitlistStatus.INVITED, invited_at=now)
    invited = WaitlistEntry.objects.filter(pk=entry.pk, status=WaitlistStatus.INVITED)
    return invited.update(invited_at=now) == 1


def _give_back(
    entry: WaitlistEntry, again: bool, before: datetime | None, now: datetime, actor: Actor
) -> None:
    """Unless they have signed up in this very moment, with an invitation that they had before."""
    with transaction.atomic(durable=True):
        audit.note(actor=actor, kind="waitlist.not_sent", reference=str(entry.pk), now=now)
        if again:
            WaitlistEntry.objects.filter(pk=entry.pk).update(invited_at=before)
        else:
            try_move(entry, WaitlistStatus.WAITING, invited_at=None)


# --- the link -----------------------------------------------------------------------------------------


def address_of(entry: WaitlistEntry) -> str:
    """The page that opens sign-up for one person, once."""
    path = reverse("invited", urlconf=settings.ROOT_URLCONF, args=[LINKS.token(entry.pk, VERSION)])
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}{path}"


def invited_by(token: str) -> WaitlistEntry:
    """Who is invited by this link. Raises `kit.signed_links.BadLink`, also when it was used."""
    rows = WaitlistEntry.objects.filter(status=WaitlistStatus.INVITED)
    return LINKS.row_by(token, rows, version=lambda _entry: VERSION)


def opens(token: str) -> bool:
    """Whether this link opens sign-up now."""
    try:
        invited_by(token)
    except BadLink:
        return False
    return True


def use(*, token: str, now: datetime) -> None:
    """Step of the sign-up: the link is used. Raises InvitationUsed."""
    try:
        move(invited_by(token), WaitlistStatus.SIGNED_UP, signed_up_at=now)
    except (BadLink, IllegalMove) as error:
        raise InvitationUsed("used") from error

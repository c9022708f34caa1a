"""One mail on its way: written from the state as it is, addressed, and handed to the mail server."""

from datetime import datetime
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import formataddr, parseaddr
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused

from anymail.exceptions import AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django_tenants.utils import schema_context

from kit.database import current_schema, read_only
from tenants.activity.models import Event
from tenants.messaging import switches
from tenants.messaging.heads import Head, head_of
from tenants.messaging.letters import Invitation, Letter, Outdated, as_html, as_text
from tenants.messaging.models import Audience, Mail
from tenants.messaging.story import coach_name
from tenants.messaging.writers import written
from tenants.offers.practice import practice, speaking
from tenants.registry import sandboxes
from tenants.registry.models import Membership

PLATFORM = "Upfront"
PERMANENT = 500


class Refused(Exception):
    """The mail will never arrive as it is addressed. The message is for the coach."""


def deliver(*, mail: Mail, now: datetime) -> str:
    """Write the mail and send it, with no transaction open while the mail server is spoken to.

    Answers what the carrier calls it; "" where it has no name for it. Raises `letters.Outdated`, Refused, and
    the errors of a mail server that may take it later.
    """
    coach_emails, readers = _coach_emails(), _readers()
    with read_only(), speaking(practice()):
        message = _message(mail, coach_emails, now)
    if readers is not None and not readers.issuperset(message.to):
        raise Outdated("A sandbox writes to its own people only.")
    try:
        message.send()
    except (AnymailRecipientsRefused, AnymailInvalidAddress) as error:
        raise Refused(_refusal(message.to)) from error
    except (SMTPRecipientsRefused, SMTPDataError, SMTPNotSupportedError, UnicodeError) as error:
        if _may_pass(error):
            raise
        raise Refused(_refusal(message.to)) from error
    status = getattr(message, "anymail_status", None)
    return str(getattr(status, "message_id", None) or "")[:120]


def _coach_emails() -> list[str]:
    """Where the coach reads mail: the practice's address, or else those that the owners sign in with.

    Memberships are the shared plane's, which a tenant's own role cannot read.
    """
    if given := practice().contact_email:
        return [given]
    schema_name = current_schema()
    with schema_context("public"):
        owners = Membership.objects.filter(tenant__schema_name=schema_name, user__is_active=True)
        return list(owners.order_by("created_at").values_list("user__email", flat=True))


def _readers() -> set[str] | None:
    """To whom alone this practice may write; None for anybody."""
    schema_name = current_schema()
    return sandboxes.readers(schema_name) if sandboxes.is_sandbox(schema_name) else None


def _message(mail: Mail, coach_emails: list[str], now: datetime) -> EmailMultiAlternatives:
    event = Event.objects.get(pk=mail.event_id)
    if switches.is_off(mail.kind, mail.audience, event):
        raise Outdated("Mails of this kind were switched off before it was sent.")
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    mail_text = written(mail, event, now, organizer_email=practice().contact_email or address)
    if not mail_text.address and mail.audience != Audience.COACH:
        raise Outdated("Whom it was for has no address any more.")
    to = [mail_text.address] if mail_text.address else coach_emails
    if not to:
        raise Refused("There is no address to send it to.")
    return _envelope(mail, mail_text.letter, to=to, head=_head(mail), address=address)


def _head(mail: Mail) -> Head:
    """Clients hear from their coach, and the coach from the platform."""
    if mail.audience == Audience.COACH:
        return Head(PLATFORM)
    return head_of(practice(), sender=coach_name())


def _envelope(
    mail: Mail, letter: Letter, *, to: list[str], head: Head, address: str
) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=as_text(letter, sender=head.name),
        from_email=formataddr((head.name, address)),
        to=to,
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers={
            # The same at every try: a server that has it already can tell.
            "Message-ID": f"<{mail.pk}@{address.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
            **_unsubscribing(letter),
        },
    )
    # Carriers keep these, and send them back with what becomes of the mail; others do not look at them.
    message.metadata = {"schema": current_schema(), "mail": str(mail.pk)}  # type: ignore[attr-defined]
    message.attach_alternative(as_html(letter, head=head), "text/html")
    for each in letter.attachments:
        message.attach(each.name, each.content, each.content_type)
    if letter.invitation:
        message.attach(_calendar_file(letter.invitation))
    return message


def _unsubscribing(letter: Letter) -> dict[str, str]:
    """What mail programs show as a button of their own (RFC 8058): one press, without a page."""
    if not letter.unsubscribe:
        return {}
    return {
        "List-Unsubscribe": f"<{letter.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _calendar_file(invitation: Invitation) -> MIMEBase:
    """Django's own attachments know no parameter `method`, without which it is only a file to calendars."""
    part = MIMEBase("text", "calendar", method=invitation.method, charset="utf-8")
    part.set_payload(invitation.content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename="session.ics")
    return part


def _may_pass(error: Exception) -> bool:
    """Mail servers ask to come back later with codes below 500."""
    if isinstance(error, SMTPRecipientsRefused):
        return any(code < PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code < PERMANENT


def _refusal(to: list[str]) -> str:
    return f"The mail server of {', '.join(to)} does not take it. Check the address."

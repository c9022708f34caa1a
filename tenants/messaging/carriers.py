"""News of a mail carrier: what came back, and who called a mail spam. Only what it has signed counts.

Mails bear the schema and their own key as metadata, which the carrier sends back with its news.
"""

import re
import uuid
from types import MappingProxyType
from typing import Any, Final

import structlog
from anymail.signals import AnymailTrackingEvent, EventType
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django_tenants.utils import schema_context

from kit.clock import now
from tenants.messaging import bounces
from tenants.registry.models import Tenant

log = structlog.get_logger()

# Those that sign their news, so that nobody else can say that a mail came back.
TRACKING: Final = MappingProxyType(
    {
        "mailgun": "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
        "mailersend": "anymail.webhooks.mailersend.MailerSendTrackingWebhookView",
    }
)
CAME_BACK: Final = frozenset({EventType.BOUNCED, EventType.REJECTED, EventType.FAILED})
UNWANTED: Final = frozenset({EventType.COMPLAINED, EventType.UNSUBSCRIBED})
WHY: Final = MappingProxyType(
    {
        "invalid": "The mail server there does not know this address.",
        "bounced": "The mail server there did not take it.",
        "timed_out": "The mail server there could not be reached.",
        "blocked": "The mail server there refused it.",
        "spam": "It was reported as spam before, so it was not delivered.",
        "unsubscribed": "Whoever reads this address wants no mails of this kind.",
    }
)
OTHERWISE: Final = WHY["bounced"]
SCHEMA: Final = re.compile(r"t_[0-9a-f]{32}")


@csrf_exempt
def mail_events(request: HttpRequest) -> HttpResponse:
    """The address to enter at the carrier. 400 for whatever it has not signed, 404 where there is none."""
    if settings.MAIL_CARRIER not in TRACKING:
        raise Http404
    answer: HttpResponse = import_string(TRACKING[settings.MAIL_CARRIER]).as_view()(request)
    return answer


def on_tracking(*, sender: Any, event: AnymailTrackingEvent, **_others: Any) -> None:
    """What the carrier's own view has checked and read. What is not about a mail of ours is left alone."""
    found = _mail_named_by(event.metadata or {})
    if found is None or event.event_type not in CAME_BACK | UNWANTED:
        return
    schema_name, mail_id = found
    with schema_context(schema_name):
        if event.event_type in UNWANTED:
            bounces.note_complaint(mail_id=mail_id, now=now())
            return
        why = WHY.get(event.reject_reason or "", OTHERWISE)
        bounces.note(mail_id=mail_id, message_id=event.message_id or "", why=why, now=now())


def _mail_named_by(metadata: dict[str, Any]) -> tuple[str, uuid.UUID] | None:
    """Schema and key of a mail, where there is such a coach."""
    schema_name = str(metadata.get("schema", ""))
    try:
        mail_id = uuid.UUID(str(metadata.get("mail", "")))
    except ValueError:
        return None
    with schema_context("public"):
        known = SCHEMA.fullmatch(schema_name) and Tenant.objects.filter(schema_name=schema_name).exists()
    if not known:
        log.warning("news of a mail that is no coach's", schema=schema_name[:40])
        return None
    return schema_name, mail_id

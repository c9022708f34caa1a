"""What was mailed to one client, what came back, and sending it once more."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.dashboard import sequence_words
from tenants.dashboard.automation_words import MAILS
from tenants.dashboard.desk import desk_of
from tenants.messaging import bounces, unsubscribing
from tenants.messaging.models import Audience, Mail, MailStatus, SequenceRun

MOST = 50


@require_safe
def mails_of(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk, client = desk_of(request), get_object_or_404(Client, pk=client_id)
    about = Event.objects.filter(client_id=client.pk).values("pk")
    mails = Mail.objects.filter(event_id__in=about, audience=Audience.CLIENT).order_by("-created_at", "-pk")
    runs = SequenceRun.objects.filter(client=client).select_related("sequence", "client")
    rows = list(mails[:MOST])
    return desk.page(
        "client_mails",
        "clients",
        client=client,
        rows=[_row(mail) for mail in rows],
        back=bounces.still_open(rows),
        runs=sequence_words.run_rows(runs.order_by("-started_at", "-pk")),
        is_unsubscribed=unsubscribing.is_unsubscribed(client.pk),
    )


def _row(mail: Mail) -> dict[str, object]:
    meaning, state = sequence_words.became_of(mail)
    title = MAILS.get(mail.kind, mail.kind.replace("_", " ").capitalize())
    can_resend = bool(mail.bounced_at) or mail.status == MailStatus.FAILED
    return {"mail": mail, "title": title, "meaning": meaning, "state": state, "can_resend": can_resend}


@require_POST
def send_again(request: HttpRequest, slug: str, mail_id: uuid.UUID) -> HttpResponse:
    desk, mail = desk_of(request), get_object_or_404(Mail, pk=mail_id)
    if bounces.send_again(mail_id=mail.pk, now=desk.now, actor=desk.actor):
        messages.success(request, "It is written anew and on its way once more.")
    else:
        messages.info(request, "It is on its way, or has arrived.")
    client_id = Event.objects.values_list("client_id", flat=True).filter(pk=mail.event_id).first()
    return desk.go("client_mails", client_id) if client_id else desk.go("today")

"""Mails that a pack is nearly used up, ends soon, or has ended. Each says how things are when it is sent."""

from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from tenants.activity.models import Event
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.messaging.pack_story import PackStory
from tenants.offers.vocabulary import called
from tenants.packs import expiry
from tenants.packs.models import Pack, PackStatus, UnitKind

LOW_RULE = "You get this because a mail goes out when 2 are left of a pack, and when 1 is left."
EXPIRING_RULE = "You get this because a mail goes out 30 and 7 days before what is left of a pack expires."
REFILLS = (UnitKind.BOUGHT, UnitKind.RECEIVED, UnitKind.CORRECTED, UnitKind.REOPENED)


def low(story: PackStory) -> Letter:
    """To the client; where somebody else pays, without asking them to renew."""
    left = _still_low(story)
    if story.is_gift and story.audience == Audience.CLIENT:
        giver = f"{story.giver}, who gave it to you," if story.giver else "Who gave it to you"
        return _low_letter(story, left, paragraphs=(f"{giver} was told too.",))
    return _low_letter(story, left, paragraphs=(_own_choice(),), action=story.renewal)


def low_to_coach(story: PackStory) -> Letter:
    """With a message that only needs to be sent."""
    left = _still_low(story)
    return story.letter(
        subject=f"{_left(story, left)} left: {story.who}, {story.what}",
        fact=f"{story.who} has {_left(story, left)} left of {story.what}.",
        balance=story.balance(),
        paragraphs=(_told(story), _ready(story, _low_message(story, left))),
        why=LOW_RULE,
    )


def _low_letter(story: PackStory, left: int, **said: Any) -> Letter:
    whose = f" for {story.who}" if story.audience == Audience.BUYER else ""
    are = "is" if left == 1 else "are"
    return story.letter(
        subject=f"{story.what}{whose}: {_left(story, left)} left",
        fact=f"{_first_up(_left(story, left))} {are} left of {story.what} with {story.coach}{whose}.",
        balance=story.balance(),
        why=LOW_RULE,
        **said,
    )


def expiring(story: PackStory) -> Letter:
    """What is left, and until when it can be used."""
    left = _still_expiring(story)
    whose = f" for {story.who}" if story.audience == Audience.BUYER else ""
    return story.letter(
        subject=f"{story.what}{whose}: valid until {story.last_day}",
        fact=f"{story.counted(left)} of {story.what}{whose} can be used until {story.last_day}.",
        balance=story.balance(),
        paragraphs=(
            f"By the rule of this pack, what is left after that day expires. Choose your times with "
            f"{story.coach} before it.",
        ),
        why=EXPIRING_RULE,
    )


def expiring_to_coach(story: PackStory) -> Letter:
    left = _still_expiring(story)
    return story.letter(
        subject=f"Ends soon: {story.who}, {story.what}",
        fact=f"{story.who} can use {story.counted(left)} of {story.what} until {story.last_day}.",
        balance=story.balance(),
        paragraphs=(
            f"{story.who} was told too. You can extend it from the {called.client}’s page.",
            _ready(story, _expiring_message(story, left)),
        ),
        why=EXPIRING_RULE,
    )


def expired(story: PackStory) -> Letter:
    """What expired by which rule, and what can be done about it."""
    units = _has_expired(story)
    return story.letter(
        subject=f"Expired: {story.what}",
        fact=f"{story.counted(units)} of {story.what} with {story.coach} expired: {_rule(story)}.",
        balance=story.balance(),
        paragraphs=(
            f"{called.Sessions} that are booked stay booked. If something kept you, answer this "
            f"mail: {story.coach} "
            "can extend the pack.",
        ),
        action=story.renewal if story.reads_amounts or not story.is_gift else _page(story),
    )


def expired_to_coach(story: PackStory) -> Letter:
    units = _has_expired(story)
    return story.letter(
        subject=f"Expired: {story.who}, {story.what}",
        fact=f"{story.counted(units)} of {story.who}’s {story.what} expired: {_rule(story)}.",
        balance=story.balance(),
        paragraphs=(f"Extending the pack from the {called.client}’s page brings back what expired.",),
    )


# --- how things are ---------------------------------------------------------------------------------


def _still_low(story: PackStory) -> int:
    """What is left, if that is still the news; 0 too, where the last ones went in one go."""
    told, left = story.event.data["left"], story.left
    _can_be_used(story)
    if left != told and not (told == 1 and left == 0):
        raise Outdated("Something was used or came back since.")
    if _told_before(story) or _comes_later(story):
        raise Outdated("Another mail says so.")
    if _renewed(story):
        raise Outdated("The client has another of these packs.")
    return left


def _can_be_used(story: PackStory) -> None:
    pack = story.pack
    ended = pack.expires_at is not None and pack.expires_at <= story.now
    if pack.status != PackStatus.ACTIVE or pack.frozen_at or ended:
        raise Outdated("Nothing can be booked with this pack.")


def _told_before(story: PackStory) -> bool:
    """Whether this state was told since the pack was last filled up, by hand or by its sale."""
    since = story.pack.entries.filter(kind__in=REFILLS, units__gt=0).order_by("-number").first()
    alike = _alike(story).filter(at__gte=since.at if since else story.pack.bought_at)
    sent = Mail.objects.filter(event_id__in=alike.values("pk"), audience=story.audience)
    return sent.filter(status=MailStatus.SENT).exists()


def _comes_later(story: PackStory) -> bool:
    return _alike(story).filter(pk__gt=story.event.pk).exists()


def _alike(story: PackStory) -> QuerySet[Event]:
    events = Event.objects.filter(kind=story.event.kind, subject_id=story.pack.pk)
    return events.filter(data__left=story.event.data["left"]).exclude(pk=story.event.pk)


def _renewed(story: PackStory) -> bool:
    later = Pack.objects.filter(
        client=story.pack.client_id,
        offer__line=story.pack.offer.line,
        status=PackStatus.ACTIVE,
        bought_at__gt=story.pack.bought_at,
    )
    return later.annotate(left=Sum("entries__units")).filter(left__gt=0).exists()


def _still_expiring(story: PackStory) -> int:
    _can_be_used(story)
    ends = story.pack.expires_at
    if ends is None or str(_last_day(story)) != story.event.data["last_day"]:
        raise Outdated("The pack was extended since.")
    if not (left := story.left):
        raise Outdated("Nothing is left of it.")
    return left


def _has_expired(story: PackStory) -> int:
    ends = story.pack.expires_at
    if ends is None or ends > story.now:
        raise Outdated("The pack was extended since.")
    return int(story.event.data["units"])


def _last_day(story: PackStory) -> date:
    assert story.pack.expires_at is not None
    return expiry.last_day(story.pack.expires_at, story.practice.timezone)


# --- words ------------------------------------------------------------------------------------------


def _left(story: PackStory, left: int) -> str:
    return story.counted(left) if left else f"no {story.counted(2).split(maxsplit=1)[1]}"


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]


def _own_choice() -> str:
    return "Nothing renews by itself: buy it again when you want to continue."


def _told(story: PackStory) -> str:
    both = f"{story.who} and {story.buyer} were" if story.is_gift else f"{story.who} was"
    return f"{both} told too."


def _ready(story: PackStory, message: str) -> str:
    return f"A message to send, if you like:\n{message}"


def _low_message(story: PackStory, left: int) -> str:
    """For whoever would pay."""
    has = f"{story.who} has" if story.is_gift else "you have"
    to, renewal = (story.buyer if story.is_gift else story.who), story.renewal
    return f"Hi {to}, {has} {_left(story, left)} left of {story.what}. {renewal.words}: {renewal.href}"


def _expiring_message(story: PackStory, left: int) -> str:
    return (
        f"Hi {story.who}, {story.counted(left)} of {story.what} can be used until {story.last_day}. "
        f"Choose your times here: {story.page}"
    )


def _rule(story: PackStory) -> str:
    months, until = story.pack.offer.valid_months, f"it was valid until {story.last_day}"
    return f"{until}, {months} month{'' if months == 1 else 's'} by its rule" if months else until


def _page(story: PackStory) -> Link:
    return Link("See what was used and why", story.page)

import re
from datetime import date, datetime

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from kit.words import ago, short_date
from operators.kinds import KINDS
from operators.navigation import places
from operators.trail import WORDS
from ui.localtime import current_locale

register = template.Library()


@register.inclusion_tag("operators/nav.html", takes_context=True)
def operators_nav(context: template.RequestContext) -> dict[str, object]:
    """The way around, with the place of the page that is shown."""
    return {"places": places(context["request"].path)}


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long ago: "3 minutes ago"."""
    return ago(moment, now, current_locale())


@register.filter
def day_only(moment: datetime) -> str:
    """The date in UTC, in few words."""
    return short_date(moment.date(), current_locale())


@register.filter
def month_only(month: date) -> str:
    """January 2027"""
    return f"{month:%B %Y}"


@register.filter
def per_cent(share_bp: int | None) -> str:
    """Basis points for people; a dash where there is nothing to be a share of."""
    return "–" if share_bp is None else f"{share_bp / 100:.1f}%"


@register.filter
def breakable(name: str) -> SafeString:
    """A technical name or an address, which may be broken after its dots and such, and nowhere else."""
    parts = re.split(r"(?<=[.@\[\]_])", name)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def work_words(kind: str) -> str:
    """What workers do, by the kind of the due work."""
    return KINDS.get(kind, kind)


@register.filter
def act_words(kind: str) -> str:
    """What an operator did, by its kind in the trail."""
    return WORDS.get(kind, kind)

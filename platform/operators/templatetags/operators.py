from datetime import datetime

from django import template

from kit.words import ago, short_date
from ui.localtime import current_locale

register = template.Library()


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long ago: "3 minutes ago"."""
    return ago(moment, now, current_locale())


@register.filter
def day_only(moment: datetime) -> str:
    """The date in UTC, in few words."""
    return short_date(moment.date(), current_locale())

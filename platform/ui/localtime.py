from datetime import date

from babel import Locale
from babel.dates import format_date
from django.utils.translation import get_language, to_locale

DAYS_IN_WEEK = 7


def current_locale() -> str:
    """The active language as the locale that money, dates and times are written in."""
    return to_locale(get_language() or "en")


def week_column(day: date, locale: str) -> int:
    """1 to 7: where the day stands in a week that starts as the locale has it."""
    return (day.weekday() - Locale.parse(locale).first_week_day) % DAYS_IN_WEEK + 1


def day_parts(day: date, locale: str, *, name_month: bool) -> dict[str, str]:
    """Short weekday and number, and the month where it must be named, for a tile too small for more."""
    return {
        "weekday": format_date(day, "EEE", locale=locale),
        "number": format_date(day, "d", locale=locale),
        "month": format_date(day, "MMM", locale=locale) if name_month or day.day == 1 else "",
    }

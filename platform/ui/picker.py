"""Day tiles and slot buttons, written in Python: a page shows dozens, and as templates they cost it 4 ms."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kit.words import clock_time, long_date
from ui.localtime import day_parts, week_column

NOON, EVENING = 12, 17


def day_tile(day: date, count: int, href: str, locale: str, *, selected: bool, first: bool) -> SafeString:
    """One day as a link, or as plain words where nothing is free; read out in full either way."""
    column, face = _day_face(day, locale, first)
    if not count:
        words = '<span class="day">{}<span class="hidden-words">no free time</span></span>'
        return format_html('<li data-column="{}">{}</li>', column, format_html(words, face))
    return format_html(
        '<li data-column="{}"><a class="day" href="{}"{}>{}<small>{}</small></a></li>',
        column,
        href,
        format_html(' aria-current="{}"', "date") if selected else "",
        face,
        f"{count} time" if count == 1 else f"{count} times",
    )


def slot(
    starts_at: datetime,
    tz: str,
    locale: str,
    *,
    price: str = "",
    note: str = "",
    href: str = "",
    name: str = "starts_at",
    value: str = "",
    busy: str = "",
) -> SafeString:
    """One time as a link or a button whose name says date, time, price and note."""
    day_words = long_date(starts_at.astimezone(ZoneInfo(tz)).date(), locale)
    words = format_html(
        '<span><span class="hidden-words">{}, </span>{}</span>{}{}',
        day_words,
        clock_time(starts_at, tz, locale),
        _aside("slot-price", price),
        _aside("slot-note", note),
    )
    if href:
        return format_html('<a class="slot" href="{}">{}</a>', href, words)
    waiting = format_html(' data-busy="{}"', busy) if busy else ""
    return format_html(
        '<button class="slot" name="{}" value="{}"{}>{}</button>',
        name,
        value or starts_at.isoformat(),
        waiting,
        words,
    )


def slot_groups(
    starts: Iterable[Mapping[str, Any]], tz: str, locale: str, *, price: str, busy: str
) -> SafeString:
    """The times of one day, in order, under Morning, Afternoon and Evening."""
    groups = groupby(starts, key=lambda row: _part_of_day(row["starts_at"], tz))
    return format_html_join(
        "",
        '<section class="slot-group"><h3>{}</h3><ul class="slot-list">{}</ul></section>',
        ((part, _slot_items(rows, tz, locale, price, busy)) for part, rows in groups),
    )


def _slot_items(rows: Iterable[Mapping[str, Any]], tz: str, locale: str, price: str, busy: str) -> SafeString:
    items = (
        slot(
            row["starts_at"],
            tz,
            locale,
            price=price,
            note=row.get("note", ""),
            href=row.get("href", ""),
            value=row.get("value", ""),
            busy=busy,
        )
        for row in rows
    )
    return format_html_join("", "<li>{}</li>", ((item,) for item in items))


def _aside(css_class: str, words: str) -> SafeString | str:
    if not words:
        return ""
    return format_html('<span class="hidden-words">, </span> <span class="{}">{}</span>', css_class, words)


def _part_of_day(starts_at: datetime, tz: str) -> str:
    hour = starts_at.astimezone(ZoneInfo(tz)).hour
    if hour < NOON:
        return "Morning"
    return "Afternoon" if hour < EVENING else "Evening"


@lru_cache(maxsize=4096)
def _day_face(day: date, locale: str, first: bool) -> tuple[int, SafeString]:
    """The column in the week, and what the tile shows and says."""
    parts = day_parts(day, locale, name_month=first)
    month = format_html(" <small>{}</small>", parts["month"]) if parts["month"] else ""
    face = format_html(
        '<span class="hidden-words">{}, </span>'
        '<span class="day-face" aria-hidden="true"><span>{}</span><b>{}{}</b></span>',
        long_date(day, locale),
        parts["weekday"],
        parts["number"],
        month,
    )
    return week_column(day, locale), face

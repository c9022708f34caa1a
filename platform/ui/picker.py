"""Day tiles and slot buttons, written in Python: a page shows dozens, and as templates they cost it 4 ms.

Each value is escaped once, by hand: `format_html` costs as much again as all the rest of a tile.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from kit.words import clock_time, long_date
from ui.localtime import day_parts, week_column

NOON, EVENING = 12, 17


def day_tile(day: date, count: int, href: str, locale: str, *, selected: bool, first: bool) -> SafeString:
    """One day as a link, or as plain words where nothing is free; read out in full either way."""
    column, face = _day_face(day, locale, first)
    if not count:
        inside = f'<span class="day">{face}<span class="hidden-words">no free time</span></span>'
    else:
        current = ' aria-current="date"' if selected else ""
        words = "1 time" if count == 1 else f"{count} times"
        inside = f'<a class="day" href="{escape(href)}"{current}>{face}<small>{words}</small></a>'
    return mark_safe(f'<li data-column="{column}">{inside}</li>')  # noqa: S308 - escaped above


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
    spoken = _spoken_day(starts_at.astimezone(ZoneInfo(tz)).date(), locale)
    words = (
        f"<span>{spoken}{escape(clock_time(starts_at, tz, locale))}</span>"
        f"{_aside('slot-price', price)}{_aside('slot-note', note)}"
    )
    if href:
        return mark_safe(f'<a class="slot" href="{escape(href)}">{words}</a>')  # noqa: S308 - escaped above
    waiting = f' data-busy="{escape(busy)}"' if busy else ""
    sent = escape(value or starts_at.isoformat())
    button = f'<button class="slot" name="{escape(name)}" value="{sent}"{waiting}>{words}</button>'
    return mark_safe(button)  # noqa: S308 - escaped above


def slot_groups(
    starts: Iterable[Mapping[str, Any]], tz: str, locale: str, *, price: str, busy: str
) -> SafeString:
    """The times of one day, in order, under Morning, Afternoon and Evening."""
    groups = groupby(starts, key=lambda row: _part_of_day(row["starts_at"], tz))
    sections = (
        f'<section class="slot-group"><h3>{part}</h3>'
        f'<ul class="slot-list">{_slot_items(rows, tz, locale, price, busy)}</ul></section>'
        for part, rows in groups
    )
    return mark_safe("".join(sections))  # noqa: S308 - of safe parts


def _slot_items(rows: Iterable[Mapping[str, Any]], tz: str, locale: str, price: str, busy: str) -> str:
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
    return "".join(f"<li>{item}</li>" for item in items)


def _aside(css_class: str, words: str) -> str:
    if not words:
        return ""
    return f'<span class="hidden-words">, </span> <span class="{css_class}">{escape(words)}</span>'


@lru_cache(maxsize=4096)
def _spoken_day(day: date, locale: str) -> str:
    return f'<span class="hidden-words">{escape(long_date(day, locale))}, </span>'


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

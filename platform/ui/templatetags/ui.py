from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, PasswordInput
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kit.money import format_money
from kit.words import clock_time, long_date, wall_time, zone_in_words
from ui import picker
from ui.charts import bars, shares
from ui.icons import icon_svg
from ui.localtime import current_locale
from ui.meanings import MEANINGS, MESSAGE_MEANINGS

register = template.Library()

Row = Mapping[str, Any]


@register.simple_tag
def icon(name: str, label: str = "", size: int = 20) -> SafeString:
    return icon_svg(str(name), size, str(label))


@register.simple_tag
def money_text(minor: int, currency: str) -> str:
    """The amount as plain words, for attributes, mails and button labels."""
    return format_money(minor, currency, locale=current_locale())


@register.simple_tag
def money(minor: int, currency: str) -> SafeString:
    """The amount in minor units, in the reader's own way of writing it, never broken over two lines."""
    return format_html('<span class="money">{}</span>', money_text(minor, currency))


@register.simple_tag
def price_text(minor: int, currency: str) -> str:
    return money_text(minor, currency) if minor else "Free"


@register.simple_tag
def price(minor: int, currency: str) -> SafeString:
    """What something costs: the amount, or the word "Free"."""
    return format_html('<span class="money">{}</span>', price_text(minor, currency))


@register.simple_tag
def when_text(moment: datetime, tz: str) -> str:
    return wall_time(moment, tz, current_locale())


@register.simple_tag
def when(moment: datetime, tz: str) -> SafeString:
    """Day and clock time on the wall of that zone."""
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), when_text(moment, tz))


@register.simple_tag
def clock(moment: datetime, tz: str) -> SafeString:
    words = clock_time(moment, tz, current_locale())
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words)


@register.simple_tag
def day(on: date) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), long_date(on, current_locale()))


@register.simple_tag
def zone(tz: str, at: datetime) -> str:
    """The zone as people say it, with the offset that holds at that moment."""
    return zone_in_words(tz, at, current_locale())


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Initials in a tile of the accent; hidden from screen readers, so the name must stand beside it."""
    words = str(name).split()
    initials = "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()
    classes = f"avatar avatar-{size}" if size else "avatar"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, initials)


@register.simple_tag
def badge(meaning: str, words: str = "", icon: str = "") -> SafeString:
    known = MEANINGS[meaning]
    return format_html(
        '<span class="badge" data-meaning="{}">{}{}</span>',
        known.name,
        icon_svg(str(icon) or known.icon, 16),
        words or known.word,
    )


@register.filter
def meaning(message: Any) -> str:
    """Which of the four meanings a message of django.contrib.messages has."""
    return MESSAGE_MEANINGS.get(message.level_tag, "neutral")


@register.inclusion_tag("ui/components/button.html")
def button(words: str, style: str = "", **options: Any) -> dict[str, Any]:
    return {"words": words, "style": style, "type": "submit", **options}


@register.inclusion_tag("ui/components/field.html")
def field(bound: BoundField, hint: str = "", **options: Any) -> dict[str, Any]:
    if hint:
        bound.help_text = hint
    return {"field": bound, **options}


@register.inclusion_tag("ui/components/form_errors.html")
def form_errors(form: BaseForm, focus: bool = True) -> dict[str, Any]:
    """What is wrong, in one place above the form; the page opens with the focus on it."""
    wrong = [form[name] for name in form.fields if form[name].errors]
    mistakes = [
        {
            "href": f"#{bound.id_for_label or bound.auto_id}",
            "label": str(bound.label).rstrip(".:?"),
            "words": " ".join(str(error) for error in bound.errors),
        }
        for bound in wrong
    ]
    # A browser is never given a password back.
    is_lost = any(isinstance(field.widget, PasswordInput) for field in form.fields.values())
    return {"form": form, "mistakes": mistakes, "focus": focus, "is_lost": is_lost}


@register.inclusion_tag("ui/components/choice.html")
def choice(title: str, **options: Any) -> dict[str, Any]:
    return {"title": title, **options}


@register.simple_tag
def day_strip(days: Iterable[Row], selected: date | None = None, label: str = "Days") -> SafeString:
    """Every day in order (`date`, `count`, `href`): a strip on phones, weeks where there is room."""
    locale = current_locale()
    tiles = "".join(
        picker.day_tile(
            row["date"],
            row["count"],
            row.get("href", ""),
            locale,
            selected=row["date"] == selected,
            first=not index,
        )
        for index, row in enumerate(days)
    )
    # Safe parts are joined as they are: to escape each of them again costs as much as to write it.
    return format_html(
        '<nav class="day-box" aria-label="{}"><ol class="day-strip">{}</ol></nav>', label, SafeString(tiles)
    )


@register.simple_tag
def slot(
    starts_at: datetime, tz: str, price_minor: int = 0, currency: str = "", **options: str
) -> SafeString:
    """One time of one day; without `href` a button of the form it stands in."""
    price = price_text(price_minor, currency) if currency else ""
    return picker.slot(starts_at, tz, current_locale(), price=price, **options)


@register.simple_tag
def slots(
    starts: Iterable[Row], tz: str, price_minor: int = 0, currency: str = "", busy: str = ""
) -> SafeString:
    """Times of one day under Morning, Afternoon and Evening; each row names its `starts_at`."""
    price = price_text(price_minor, currency) if currency else ""
    groups = picker.slot_groups(starts, tz, current_locale(), price=price, busy=busy)
    return format_html('<div class="slots">{}</div>', groups)


@register.inclusion_tag("ui/components/steps.html")
def steps(names: Sequence[str] | str, current: int) -> dict[str, Any]:
    """`names` in order, or as one string with | between them; `current` counts from 1."""
    every = names.split("|") if isinstance(names, str) else names
    marked = [{"name": name, "number": number} for number, name in enumerate(every, start=1)]
    return {"steps": marked, "current": current, "of": len(marked)}


@register.inclusion_tag("ui/components/breakdown.html")
def breakdown(lines: Iterable[Row], currency: str, total: str = "Total") -> dict[str, Any]:
    """Lines and their sum: the total is added up here, so that it cannot say anything else."""
    rows = list(lines)
    return {
        "lines": rows,
        "currency": currency,
        "total": total,
        "total_minor": sum(row["minor"] for row in rows),
    }


@register.inclusion_tag("ui/components/timeline.html")
def timeline(entries: Iterable[Row], tz: str) -> dict[str, Any]:
    return {"entries": entries, "tz": tz}


@register.inclusion_tag("ui/components/balance.html")
def balance(amount: str, sentence: str, meaning: str = "") -> dict[str, Any]:
    return {"amount": amount, "sentence": sentence, "meaning": meaning}


@register.inclusion_tag("ui/components/balance.html")
def balance_with_why(balance: Any, meaning: str = "") -> dict[str, Any]:
    """A balance that explains itself: `headline`, `bought`, `lines` (`number`, `text`), `sum_line`, `until`
    and `deadline`."""
    return {"balance": balance, "meaning": meaning}


@register.inclusion_tag("ui/components/empty.html")
def empty(title: str, text: str = "", **options: Any) -> dict[str, Any]:
    return {"title": title, "text": text, **options}


@register.inclusion_tag("ui/components/copy_link.html")
def copy_link(
    url: str, label: str = "Link to share", id: str = "copy-link", type: str = "url"
) -> dict[str, Any]:
    """`type="text"` for other words to copy."""
    return {"url": url, "label": label, "id": id, "type": type}


@register.inclusion_tag("ui/components/bar_chart.html")
def bar_chart(points: Iterable[Row], currency: str, title: str) -> dict[str, Any]:
    return {"bars": bars(list(points)), "currency": currency, "title": title}


@register.inclusion_tag("ui/components/share_chart.html")
def share_chart(rows: Iterable[Row], currency: str, title: str) -> dict[str, Any]:
    return {"bars": shares(list(rows)), "currency": currency, "title": title}


@register.inclusion_tag("ui/components/skeleton.html")
def skeleton(lines: int = 3) -> dict[str, Any]:
    return {"lines": range(lines)}


@register.inclusion_tag("ui/components/hold.html", takes_context=True)
def hold(
    context: template.Context, expires_at: datetime, now: datetime, tz: str, more_time_url: str
) -> dict[str, Any]:
    return {
        "csrf_token": context.get("csrf_token"),
        "expires_at": expires_at,
        "seconds_left": max(0, int((expires_at - now).total_seconds())),
        "tz": tz,
        "more_time_url": more_time_url,
    }


@register.inclusion_tag("ui/components/zone_note.html", takes_context=True)
def zone_note(context: template.Context, tz: str, now: datetime, **options: Any) -> dict[str, Any]:
    return {"csrf_token": context.get("csrf_token"), "tz": tz, "now": now, **options}


@register.simple_block_tag
def notice(content: str, meaning: str = "neutral", title: str = "") -> SafeString:
    known = MEANINGS[meaning]
    heading = format_html("<strong>{}</strong>", title) if title else ""
    role = format_html(' role="{}"', "alert") if meaning == "problem" else ""
    return format_html(
        '<div class="notice" data-meaning="{}"{}>{}<div class="notice-words">{}{}</div></div>',
        known.name,
        role,
        icon_svg(known.icon, 20, f"{known.word}:"),
        heading,
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """A native dialog; a link with `data-dialog` opens it, and leads to a page where scripts are off."""
    return render_to_string("ui/components/dialog.html", {"content": content, "id": id, "title": title})

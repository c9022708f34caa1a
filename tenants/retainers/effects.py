"""What a press would mean, in words, before it is pressed: the same facts that the operation goes by."""

from tenants.retainers.models import Retainer
from tenants.retainers.periods import Span
from tenants.retainers.standing import Effect
from tenants.retainers.wording import Reader


def of_pausing(effect: Effect, retainer: Retainer, *, reader: Reader) -> list[str]:
    """Of a pause, as sentences to stand above the button."""
    when = f"It pauses after {reader.last_day(effect.at)}." if effect.at else "It is paused at once."
    return [
        when,
        *_money(effect, retainer, reader),
        "What is booked stays booked.",
        f"Resumed, a new period begins that day{_for_price(retainer, reader)}.",
    ]


def of_cancelling(effect: Effect, retainer: Retainer, *, reader: Reader) -> list[str]:
    """The same of an end."""
    when = f"It ends after {reader.last_day(effect.at)}." if effect.at else "It ends at once."
    left = " What is left can be used until then, and lapses after it." if effect.at else ""
    return [when, *_money(effect, retainer, reader), f"What is booked stays booked.{left}"]


def _money(effect: Effect, retainer: Retainer, reader: Reader) -> list[str]:
    sentences = []
    if effect.taken and reader.sees_amounts:
        span = reader.span(Span(effect.taken.starts_at, effect.taken.ends_at))
        price = reader.money(effect.taken.price_minor, retainer.currency)
        sentences.append(f"{price} for {span} is just being paid, and can be used.")
    if effect.let_go and reader.sees_amounts:
        span = reader.span(Span(effect.let_go.starts_at, effect.let_go.ends_at))
        price = reader.money(effect.let_go.price_minor, retainer.currency)
        sentences.append(f"{price} for {span} is not charged any more.")
    return [*sentences, "Nothing more is charged."]


def _for_price(retainer: Retainer, reader: Reader) -> str:
    return f" for {reader.money(retainer.price_minor, retainer.currency)}" if reader.sees_amounts else ""

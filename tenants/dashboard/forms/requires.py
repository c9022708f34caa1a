"""Which papers have to be done before a payment: a choice among those of the coach that are in use."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q

from tenants.paperwork.models import Paper


class RequiresField(forms.MultipleChoiceField):
    """Lines of papers; those that are required already can stay, in use or not."""

    def __init__(self, **options: Any) -> None:
        options = {
            "label": "Before the payment, the client does",
            "required": False,
            "widget": forms.CheckboxSelectMultiple,
            "help_text": "Once, and not every time: who has done it is not asked again.",
            **options,
        }
        super().__init__(**options)

    def offer(self, chosen: Sequence[str]) -> None:
        """Read what can be chosen; without any paper there is nothing to choose."""
        in_use = Q(is_active=True) | Q(line__in=[str(each) for each in chosen])
        rows = Paper.objects.filter(in_use, is_current=True)
        self.choices = [(str(paper.line), _named(paper)) for paper in rows.order_by("kind", "name")]

    @property
    def has_choices(self) -> bool:
        return bool(self.choices)


def _named(paper: Paper) -> str:
    state = "" if paper.is_active else ", not in use"
    return f"{paper.name} ({paper.get_kind_display().lower()}{state})"


def offer_requires(form: forms.Form) -> None:
    """Fill the form's field `requires`, or take it out where the coach has no papers."""
    field = form.fields["requires"]
    assert isinstance(field, RequiresField)
    field.offer(form.initial.get("requires") or ())
    if not field.has_choices:
        del form.fields["requires"]


def required_in(cleaned: dict[str, Any]) -> list[str]:
    """What was chosen, as an offer keeps it."""
    return list(cleaned.get("requires", ()))

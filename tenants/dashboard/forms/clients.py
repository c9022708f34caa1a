"""What a coach types about clients: their record, notes, and the lists that are brought."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from kit import clock
from tenants.clients.models import Client
from tenants.clients.notes import LONGEST
from tenants.dashboard.forms.money import date_field
from tenants.packs.models import PackOffer
from tenants.people.client_columns import WORDS, Column
from tenants.people.client_lists import Table
from ui.zones import zone_choices


class ClientForm(forms.Form):
    """Somebody's record, new or as it is."""

    name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(label="E-mail", max_length=254)
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    timezone = forms.ChoiceField(label="Time zone", required=False)
    ends_links = forms.BooleanField(
        label="End what was sent to the old address",
        required=False,
        initial=True,
        help_text="With another e-mail: links, the calendar feed and sign-ins open nothing any more, so that"
        " nobody else has them. They get new ones with the next mail, or ask for them on your page.",
    )

    def __init__(self, data: Any, *, client: Client | None = None) -> None:
        names = ("name", "email", "phone", "timezone")
        super().__init__(data, initial={each: getattr(client, each) for each in names} if client else {})
        zones = self.fields["timezone"]
        assert isinstance(zones, forms.ChoiceField)
        own = client.timezone if client else ""
        zones.choices = [("", "Not known"), *zone_choices(clock.now(), own)]
        if client is None:
            del self.fields["ends_links"]
        elif not client.email:
            self.fields["email"].required = False

    @property
    def said(self) -> dict[str, Any]:
        """By the names of the use cases."""
        return dict(self.cleaned_data)


class NoteForm(forms.Form):
    """A few words that nobody else reads."""

    text = forms.CharField(
        label="Private note",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Only you read it.",
        error_messages={"required": "Write something first."},
    )


class ListForm(forms.Form):
    """A list of clients: a file, or its lines."""

    file = forms.FileField(
        label="Your list (CSV)",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/*"}),
    )
    lines = forms.CharField(
        label="Or paste its lines",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="With the headings above them, if you can.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("lines", "").strip():
            raise forms.ValidationError("Choose a file, or paste lines of your list.")
        return cleaned

    @property
    def content(self) -> bytes:
        chosen = self.cleaned_data.get("file")
        return chosen.read() if chosen else str(self.cleaned_data["lines"]).encode()

    @property
    def file_name(self) -> str:
        chosen = self.cleaned_data.get("file")
        return chosen.name if chosen else ""


class BringForm(forms.Form):
    """How a list is to be read and brought: what each column is, of which day, and what sessions are of."""

    lines = forms.CharField(
        label="The list",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="Correct it here where a row has a mistake, then look again.",
    )
    file_name = forms.CharField(required=False, max_length=140, widget=forms.HiddenInput)
    list_of = date_field("The list is of")
    pack = forms.ChoiceField(
        label="Sessions left are of",
        required=False,
        help_text="What can be booked with them, and for how long.",
    )

    def __init__(self, data: Any, *, table: Table | None, offers: Sequence[PackOffer], today: date) -> None:
        super().__init__(data, initial={"list_of": today})
        self.today = today
        packs = self.fields["pack"]
        assert isinstance(packs, forms.ChoiceField)
        packs.choices = [("", "Every session type, without an end"), *((f"{o.line}", o.name) for o in offers)]
        for place in range(len(table.columns) if table else 0):
            self.fields[f"column-{place}"] = self._column(table, place)  # type: ignore[arg-type]

    def _column(self, table: Table, place: int) -> forms.ChoiceField:
        heading = table.headings[place] if place < len(table.headings) else ""
        sample = table.sample(place)[:40]
        return forms.ChoiceField(
            label=heading or f"Column {place + 1}",
            required=False,
            choices=[(column.value, words) for column, words in WORDS.items()],
            initial=table.columns[place].value,
            help_text=f"Such as “{sample}”" if sample else "Empty",
        )

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("column-")]

    def clean_list_of(self) -> date:
        day: date = self.cleaned_data["list_of"]
        if day > self.today:
            raise forms.ValidationError("This day is still to come. Choose today or an earlier one.")
        return day

    @property
    def pack_line(self) -> UUID | None:
        chosen = self.cleaned_data["pack"]
        return UUID(chosen) if chosen else None


def chosen_columns(data: Any) -> dict[int, str]:
    """What a form says of each column, by its place; nothing where it says nothing."""
    names = (name for name in data if name.startswith("column-"))
    found = {int(place): data[f"column-{place}"] for name in names if (place := name[7:]).isdigit()}
    return found if any(value in set(Column) for value in found.values()) else {}

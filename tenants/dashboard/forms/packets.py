"""The builders of a welcome packet and of a document."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from tenants.dashboard.forms.agreements import FieldsOfText
from tenants.dashboard.forms.rows import Row, as_forms, presses_rows, sent_rows
from tenants.files.keeping import Checked, FileRefused, check
from tenants.files.models import LARGEST_BYTES
from tenants.paperwork.models import Paper
from tenants.paperwork.packets import MOST_ITEMS, EmptyPacket, written

PREFIX = "item"
LINK, FILE = "link", "file"
FILE_WORDS = "A PDF, picture, Word document, text, sound or ZIP archive of up to 10 MB."


class ItemRow(Row):
    """A paper of the coach's, a link with a name, or a file that is there."""

    SAYS: ClassVar = ("what", "name", "address", "file_id")
    what = forms.ChoiceField(label="What", required=False)
    name = forms.CharField(label="Name of the link", max_length=120, required=False)
    address = forms.URLField(
        label="Address of the link",
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "Write the whole address, like https://example.org."},
    )
    file_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, papers: Sequence[Paper], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(each.line), f"{each.get_kind_display()}: {each.name}") for each in papers]
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = [
            ("", "Nothing"),
            *choices,
            (LINK, "A link"),
            *([(FILE, "A file")] if self.is_file else []),
        ]

    @property
    def is_file(self) -> bool:
        raw = self.data.get(self.add_prefix("file_id")) if self.is_bound else self.initial.get("file_id")
        return bool(raw)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("what") == LINK and not (said.get("name") and said.get("address")):
            self.add_error("address", "A link needs a name and an address.")
        return said

    def as_item(self, files: set[str]) -> dict[str, Any] | None:
        said = self.cleaned_data
        if said["what"] == FILE:
            known = str(said["file_id"]) in files
            return {"name": said["name"] or "File", "file_id": said["file_id"]} if known else None
        if said["what"] == LINK:
            return {"name": said["name"], "address": said["address"]}
        return {"line": said["what"]} if said["what"] else None


class _WithFile(forms.Form):
    """A file of the coach's, looked at before anything is kept."""

    file = forms.FileField(label="Add a file", required=False, help_text=FILE_WORDS)

    def clean_file(self) -> Checked | None:
        brought: UploadedFile | None = self.cleaned_data["file"]
        if not brought:
            return None
        try:
            content = brought.read(LARGEST_BYTES + 1)
            return check(name=brought.name or "", content=content, from_coach=True)
        except FileRefused as refused:
            raise forms.ValidationError(str(refused)) from refused


class DocumentForm(_WithFile):
    """Something to read, which the client says to have read."""

    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Give it a name, such as “House rules”."}
    )
    body = FieldsOfText(
        label="Text",
        max_length=40_000,
        help_text="# makes a heading, - a list, **two stars** stress a word.",
        error_messages={"required": "Write what is to be read, or what the file is."},
        widget=forms.Textarea({"class": "long-text"}),
    )
    ask_again = forms.BooleanField(label="Whoever read an earlier version is asked again", required=False)
    field_order = ("name", "body", "file", "ask_again")

    def __init__(self, *args: Any, paper: Paper | None, **options: Any) -> None:
        super().__init__(*args, **options)
        if paper is None:
            del self.fields["ask_again"]


class PacketForm(_WithFile):
    """A packet's name and welcome, what is in it, and one more file."""

    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Give it a name, such as “Welcome”."}
    )
    body = FieldsOfText(label="Welcome", max_length=4000, required=False, widget=forms.Textarea({"rows": 4}))

    def __init__(
        self, data: QueryDict | None, files: Any = None, *, paper: Paper | None, papers: Sequence[Paper]
    ) -> None:
        initial = {"name": paper.name, "body": paper.body} if paper else {}
        self.moves_rows = data is not None and presses_rows(data)
        shown = data.dict() if data is not None and self.moves_rows else initial
        is_sent = data is not None and not self.moves_rows
        super().__init__(data if is_sent else None, files if is_sent else None, initial=shown)
        self.files_known = {part["file_id"] for part in paper.parts if "file_id" in part} if paper else set()
        kept = [_shown(part) for part in paper.parts] if paper else []
        rows = kept if data is None else sent_rows(data, ItemRow, prefix=PREFIX, most=MOST_ITEMS)
        self.rows: list[ItemRow] = as_forms(
            rows, ItemRow, prefix=PREFIX, most=MOST_ITEMS, judged=is_sent, papers=papers
        )

    def clean(self) -> dict[str, Any]:
        for row in self.rows:
            if row.is_bound and not row.is_valid():
                self.add_error(None, [str(error) for errors in row.errors.values() for error in errors])
        if not self.errors:
            try:
                written(self.items(uuid.UUID(int=0)))
            except EmptyPacket as refused:
                self.add_error(None, str(refused))
        return self.cleaned_data

    def items(self, file_id: uuid.UUID | None) -> list[dict[str, Any]]:
        """What is in it, with the file that was added last. Each paper once."""
        rows = [row.as_item(self.files_known) for row in self.rows if row.is_bound]
        checked = self.cleaned_data.get("file")
        added = [{"name": checked.name, "file_id": file_id}] if checked and file_id else []
        items = [item for item in [*rows, *added] if item]
        return list({str(sorted(item.items(), key=str)): item for item in items}.values())


def _shown(part: dict[str, str]) -> dict[str, str]:
    if "line" in part:
        return {"what": part["line"]}
    return {**part, "what": FILE if "file_id" in part else LINK}

"""How a coach's pages look: photo, logo and colour. What a page shows of it is in the practice's row."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from tenants.files import keeping, pictures
from tenants.files.models import StoredFile
from tenants.offers.models import Practice
from ui.accents import ACCENTS, of_accent

Part = Literal["photo", "logo"]
# Three times what is shown, for sharp screens; JPEG and PNG are what every mail program shows.
PHOTO_WITHIN, PHOTO_TYPE = (480, 480), "image/jpeg"
LOGO_WITHIN, LOGO_TYPE = (540, 120), "image/png"
LOGO_SHOWN = (180, 40)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of the brand: its path on the coach's host, and how large it stands there, in CSS pixels."""

    path: str
    width: int
    height: int


def photo(practice: Practice) -> Shown | None:
    return Shown(_path(practice.photo_id), 40, 40) if practice.photo_id else None


def logo(practice: Practice) -> Shown | None:
    """As large as the head of a page has room for it."""
    if not practice.logo_id:
        return None
    width, height = practice.logo_width, practice.logo_height
    scale = min(LOGO_SHOWN[0] / width, LOGO_SHOWN[1] / height)
    return Shown(_path(practice.logo_id), max(round(width * scale), 1), max(round(height * scale), 1))


def accent(practice: Practice) -> str:
    """What a page has as `data-accent`: the name of one of ours, or six digits of the coach's own."""
    return practice.accent_color.removeprefix("#") or practice.accent


def accent_sheet(practice: Practice) -> str:
    """The path of the tokens of a colour of the coach's own; "" for one of ours."""
    return f"/accent/{accent(practice)}.css" if practice.accent_color else ""


def colour(practice: Practice) -> str:
    """The same as a colour, for what knows no stylesheet; "" for the one that everybody begins with."""
    if practice.accent_color:
        return practice.accent_color
    return "" if practice.accent == ACCENTS[0] else of_accent(practice.accent)


def picture(*, picture_id: uuid.UUID) -> StoredFile | None:
    """A picture that the coach's pages show; None for every other file of the coach's."""
    is_shown = Practice.objects.filter(photo_id=picture_id) | Practice.objects.filter(logo_id=picture_id)
    return StoredFile.objects.filter(pk=picture_id).first() if is_shown.exists() else None


def show_photo(*, name: str, content: bytes, now: datetime) -> None:
    """Use case: the coach's photo, in place of the one before. Raises `keeping.FileRefused`."""
    checked = keeping.check_picture(name=name, content=content, within=PHOTO_WITHIN, saved_as=PHOTO_TYPE)
    with transaction.atomic(durable=True):
        _replace("photo", keeping.keep(checked=checked, now=now).pk)


def show_logo(*, name: str, content: bytes, now: datetime) -> None:
    """Use case: the coach's logo, in place of the one before. Raises `keeping.FileRefused`."""
    checked = keeping.check_picture(name=name, content=content, within=LOGO_WITHIN, saved_as=LOGO_TYPE)
    width, height = pictures.size_of(checked.content)
    with transaction.atomic(durable=True):
        _replace("logo", keeping.keep(checked=checked, now=now).pk)
        Practice.objects.update(logo_width=width, logo_height=height)


def take_off(*, part: Part) -> None:
    """Use case: the pages show none of it, and the file is gone."""
    with transaction.atomic(durable=True):
        _replace(part, None)


def _replace(part: Part, picture_id: uuid.UUID | None) -> None:
    field = f"{part}_id"
    before = Practice.objects.select_for_update().values_list(field, flat=True).get()
    Practice.objects.update(**{field: picture_id})
    StoredFile.objects.filter(pk=before).delete()


def _path(picture_id: uuid.UUID | None) -> str:
    return f"/brand/{picture_id}"

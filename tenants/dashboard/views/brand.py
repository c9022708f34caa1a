"""Brand: the coach's photo, logo and colour, shown as clients see them before they are saved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.database import copy_of
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.brand import ColourForm, LogoForm, PhotoForm
from tenants.files import serving
from tenants.files.keeping import FileRefused
from tenants.offers import brand as look
from tenants.offers.models import Practice
from tenants.offers.practice import change_practice
from ui.accents import DARK, Shades, is_kept, of_accent, shades


@dataclass(frozen=True, slots=True)
class Sample:
    """A colour as clients will see it, by day and by night."""

    accent: str
    sheet: str
    day: Shades
    night: Shades
    is_kept: bool

    @property
    def contrasts(self) -> tuple[str, str]:
        """Of words on a button, cut and not rounded: 4.49 is not 4.5."""
        return _cut(self.day.contrast_of_words), _cut(self.night.contrast_of_words)


@require_http_methods(["GET", "HEAD", "POST"])
def brand(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, and its form for the colour."""
    desk = desk_of(request)
    form = ColourForm(request.POST or None, practice=desk.practice)
    if request.method != "POST":
        return _page(desk)
    if not form.is_valid():
        return _page(desk, status=422, form=form)
    if "preview" in request.POST:
        return _page(desk, form=form)
    change_practice(now=desk.now, **form.changes())
    messages.success(request, "Saved. Your pages and mails have this colour from now on.")
    return desk.go("brand")


@require_POST
def photo(request: HttpRequest, slug: str) -> HttpResponse:
    form = PhotoForm(request.POST, request.FILES)
    return _picture(desk_of(request), "photo", form, look.show_photo)


@require_POST
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    return _picture(desk_of(request), "logo", form, look.show_logo)


@require_safe
def picture(request: HttpRequest, slug: str, picture_id: UUID) -> HttpResponse:
    """For this page alone: clients get it from the coach's own host."""
    file = look.picture(picture_id=picture_id)
    if file is None:
        raise Http404("There is no such picture.")
    return serving.response(file, inline=True)


def _picture(desk: Desk, part: look.Part, form: forms.Form, show: Callable[..., None]) -> HttpResponse:
    """Show another one, or take it off."""
    if desk.request.POST.get("to") == "off":
        look.take_off(part=part)
        messages.success(desk.request, f"Your {part} is taken off, and the file is deleted.")
        return desk.go("brand")
    if not form.is_valid():
        return _page(desk, status=422, pictures={f"{part}_form": form})
    brought = form.cleaned_data[part]
    try:
        show(name=brought.name, content=brought.read(), now=desk.now)
    except FileRefused as problem:
        form.add_error(part, str(problem))
        return _page(desk, status=422, pictures={f"{part}_form": form})
    messages.success(desk.request, f"Your {part} is on your pages.")
    return desk.go("brand")


def _page(
    desk: Desk,
    *,
    status: int = 200,
    form: ColourForm | None = None,
    pictures: Mapping[str, forms.Form] = MappingProxyType({}),
) -> HttpResponse:
    shown = form or ColourForm(None, practice=desk.practice)
    return desk.page(
        "brand",
        "settings",
        status=status,
        practice=desk.practice,
        form=shown,
        sample=_sample(_draft(desk.practice, shown)),
        photo=look.photo(desk.practice),
        logo=look.logo(desk.practice),
        **{"photo_form": PhotoForm(), "logo_form": LogoForm(), **pictures},
    )


def _draft(practice: Practice, form: ColourForm) -> Practice:
    """The practice as it would be saved; as it is where that cannot be."""
    draft = copy_of(practice)
    if form.is_bound and form.is_valid():
        for field, value in form.changes().items():
            setattr(draft, field, value)
    return draft


def _sample(practice: Practice) -> Sample:
    colour = practice.accent_color or of_accent(practice.accent)
    return Sample(
        accent=look.accent(practice),
        sheet=look.accent_sheet(practice),
        day=shades(colour),
        night=shades(colour, DARK),
        is_kept=not practice.accent_color or is_kept(colour),
    )


def _cut(contrast: float) -> str:
    return f"{int(contrast * 10) / 10:g}"

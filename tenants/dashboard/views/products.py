"""Products: the list, a form with a preview as clients read it, their files, and who has bought them."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.database import read_only
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.products import FileForm, PictureForm, ProductForm, typed
from tenants.dashboard.order_words import rows_of
from tenants.files.keeping import FileRefused
from tenants.packs import offers
from tenants.packs.models import PackOffer
from tenants.paperwork import papers
from tenants.paperwork.models import PaperKind
from tenants.registry.pages import page_address
from tenants.shop import products
from tenants.shop.models import Product
from tenants.shop.terms import Shown, shown_of


@require_safe
def product_list(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    sold = products.sold_of()
    every = products.all_products()
    return desk.page(
        "products",
        "offers",
        on_offer=[_row(each, sold) for each in every if each.is_active],
        withdrawn=[_row(each, sold) for each in every if not each.is_active],
        shop_url=_public(desk, reverse("shop", urlconf="config.urls.coach")),
    )


def _row(product: Product, sold: dict[uuid.UUID, int]) -> dict[str, Any]:
    return {"product": product, "sold": sold.get(product.pk, 0)}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = _form(desk, {})
    if page := _again(desk, form):
        return page
    made = products.offer(now=desk.now, **form.changes())
    messages.success(request, f"“{made.name}” is in your shop. Add its picture and its files below.")
    return desk.go("product", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, product_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    product = get_object_or_404(Product, pk=product_id)
    form = _form(desk, typed(product), product)
    if page := _again(desk, form, product):
        return page
    products.edit(product_id=product.pk, **form.changes())
    messages.success(request, f"“{form.cleaned_data['name']}” is changed for new buyers.")
    return desk.go("products")


@require_POST
def move(request: HttpRequest, slug: str, product_id: uuid.UUID) -> HttpResponse:
    desk, product = desk_of(request), get_object_or_404(Product, pk=product_id)
    products.reorder(product_id=product.pk, up=request.POST.get("to") == "up")
    return desk.go("products")


@require_POST
def switch(request: HttpRequest, slug: str, product_id: uuid.UUID) -> HttpResponse:
    """In the shop or not; what was bought stays the buyer's."""
    desk, product = desk_of(request), get_object_or_404(Product, pk=product_id)
    products.switch(product_id=product.pk, on=request.POST.get("to") == "on")
    return desk.go("products")


# --- files -------------------------------------------------------------------------------------------


@require_POST
def add_file(request: HttpRequest, slug: str, product_id: uuid.UUID) -> HttpResponse:
    desk, product = desk_of(request), get_object_or_404(Product, pk=product_id)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _with_files(desk, product, file_form=form)
    brought = form.cleaned_data["file"]
    try:
        kept = products.add_file(
            product_id=product.pk, name=brought.name, content=brought.read(), now=desk.now
        )
    except (FileRefused, products.TooManyFiles) as problem:
        form.add_error("file", str(problem))
        return _with_files(desk, product, file_form=form)
    messages.success(request, f"Buyers download “{kept.name}” from now on.")
    return desk.go("product", product.pk)


@require_POST
def take_file_off(request: HttpRequest, slug: str, product_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
    desk, product = desk_of(request), get_object_or_404(Product, pk=product_id)
    products.take_file_off(product_id=product.pk, file_id=file_id)
    messages.success(request, "New buyers do not get it any more. Who has bought it keeps it.")
    return desk.go("product", product.pk)


@require_POST
def picture(request: HttpRequest, slug: str, product_id: uuid.UUID) -> HttpResponse:
    desk, product = desk_of(request), get_object_or_404(Product, pk=product_id)
    if request.POST.get("to") == "off":
        products.take_picture_off(product_id=product.pk)
        return desk.go("product", product.pk)
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _with_files(desk, product, picture_form=form)
    brought = form.cleaned_data["picture"]
    try:
        products.show_picture(product_id=product.pk, name=brought.name, content=brought.read(), now=desk.now)
    except FileRefused as problem:
        form.add_error("picture", str(problem))
        return _with_files(desk, product, picture_form=form)
    messages.success(request, "The picture stands with it.")
    return desk.go("product", product.pk)


# --- who has bought it -------------------------------------------------------------------------------


@require_safe
def orders(request: HttpRequest, slug: str, product_id: uuid.UUID) -> HttpResponse:
    """What was ordered, how it stands, and the payment's own page for a refund."""
    desk, product = desk_of(request), get_object_or_404(Product, pk=product_id)
    return desk.page("product_orders", "offers", product=product, rows=rows_of(desk, product))


# --- the page ----------------------------------------------------------------------------------------


def _form(desk: Desk, initial: dict[str, Any], product: Product | None = None) -> ProductForm:
    """On one POST for the files the form itself was not sent."""
    sent = desk.request.POST if desk.request.method == "POST" and "name" in desk.request.POST else None
    with desk.speaking():
        return ProductForm(
            sent,
            initial=initial,
            practice=desk.practice,
            packets=papers.on_offer(kind=PaperKind.PACKET, named=[str(product.packet)] if product else []),
            packs=_packs(product),
        )


def _packs(product: Product | None) -> list[PackOffer]:
    named = product.pack_line if product else None
    return [
        each for each in offers.all_offers() if each.line == named or (each.is_active and not each.is_private)
    ]


def _again(desk: Desk, form: ProductForm, product: Product | None = None) -> HttpResponse | None:
    """The page with the form; None when it is right and is to be saved."""
    if not form.is_bound:
        if desk.request.method == "POST":
            return _page(desk, form, product, status=422)
        return _page(desk, form, product)
    if not form.is_valid():
        return _page(desk, form, product, status=422)
    return _page(desk, form, product) if "preview" in desk.request.POST else None


def _with_files(desk: Desk, product: Product, **forms: Any) -> HttpResponse:
    with read_only():
        return _page(desk, _form(desk, typed(product), product), product, status=422, **forms)


def _page(
    desk: Desk, form: ProductForm, product: Product | None, *, status: int = 200, **forms: Any
) -> HttpResponse:
    return desk.page(
        "product",
        "offers",
        status=status,
        form=form,
        product=product,
        currency=desk.practice.currency.upper(),
        shown=_shown(desk, form, product),
        file_form=forms.get("file_form") or FileForm(),
        picture_form=forms.get("picture_form") or PictureForm(),
        files=products.files_of(product.files) if product else (),
        public_url=_public(desk, _path("product", product.slug)) if product else "",
        picture_url=_public(desk, _path("product_picture", product.slug)) if product else "",
    )


def _shown(desk: Desk, form: ProductForm, product: Product | None) -> Shown | None:
    """As it would be read by a buyer: what is typed, or else what there is."""
    if not (form.is_bound and form.is_valid()):
        return None if product is None else shown_of(product, practice=desk.practice, now=desk.now)
    kept = {"files": product.files, "slug": product.slug} if product else {}
    draft = Product(currency=desk.practice.currency, **kept, **form.changes())
    return shown_of(draft, practice=desk.practice, now=desk.now)


def _path(name: str, slug: str) -> str:
    return reverse(name, args=[slug], urlconf="config.urls.coach")


def _public(desk: Desk, path: str) -> str:
    return f"{page_address(desk.tenant)}{path}"

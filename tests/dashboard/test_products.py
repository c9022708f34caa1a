"""Products at the coach's desk: made, edited, put in order, given files, and who has bought them."""

from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django_tenants.utils import tenant_context
from PIL import Image

from kit import clock
from tenants.billing.models import PaymentAttempt
from tenants.dashboard import evidence_bundle
from tenants.dashboard.desk import Desk
from tenants.offers.practice import practice
from tenants.shop import downloads
from tenants.shop.models import Product
from tests import worlds
from tests.billing.test_coach_refunds import press
from tests.dashboard.desk import Coach
from tests.shop import shelves
from tests.worlds import Shop

PLAN = {"name": "Eight-week plan", "price": "120", "tax": "19", "thanks": "Begin on **Monday**."}


@pytest.fixture
def coach(shop: Shop) -> Coach:
    return Coach(shop.tenant)


def only(shop: Shop) -> Product:
    with tenant_context(shop.tenant):
        return Product.objects.get()


def upload(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_without_products_the_page_says_what_they_are_for(coach: Coach) -> None:
    page = coach.read("offers/products/")
    assert "sold by itself, with your terms attached" in page
    assert "New product" in page
    assert "offers/products/" in coach.read("offers/")


def test_a_product_is_made_with_terms_sessions_and_thanks(shop: Shop, coach: Coach) -> None:
    terms = shelves.terms(shop.tenant)
    four = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), name="Four lessons", units=4)
    said = {**PLAN, "requires": [str(terms.line)], "pack": str(four.line)}
    answer = coach.post("offers/products/new/", said)
    made = only(shop)
    assert answer["Location"].endswith(f"/offers/products/{made.pk}/")
    assert (made.price_minor, made.tax_bp, made.slug) == (12000, 1900, "eight-week-plan")
    assert (made.requires, made.pack_line) == ([str(terms.line)], four.line)
    page = coach.read(f"offers/products/{made.pk}/")
    assert "What clients read" in page
    assert "Good for 4 sessions of Lesson." in page
    assert "you agree to the following terms: Terms of plans" in page
    assert "http://anna.localhost:8000/shop/eight-week-plan/" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"price": "0.10"}, "Cards take"), ({"name": ""}, "required"), ({"tax": "99"}, "0 to 50")],
)
def test_a_mistake_keeps_what_was_typed(shop: Shop, coach: Coach, wrong: dict[str, str], words: str) -> None:
    answer: Any = coach.post("offers/products/new/", {**PLAN, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Begin on **Monday**." in answer.text
    with tenant_context(shop.tenant):
        assert not Product.objects.exists()


def test_the_preview_saves_nothing(shop: Shop, coach: Coach) -> None:
    answer: Any = coach.post("offers/products/new/", {**PLAN, "preview": "1"})
    assert "<strong>Eight-week plan</strong>: €120.00." in answer.text
    with tenant_context(shop.tenant):
        assert not Product.objects.exists()


def test_an_edit_is_for_new_buyers(shop: Shop, coach: Coach) -> None:
    made = shelves.product(shop.tenant)
    order = shelves.sold(shop, made)
    coach.post(f"offers/products/{made.pk}/", {**PLAN, "name": "Nine weeks", "price": "150"})
    assert (only(shop).name, only(shop).price_minor) == ("Nine weeks", 15000)
    assert shelves.reread(shop.tenant, order).agreed["name"] == "Eight-week plan"


def test_products_are_hidden_offered_again_and_put_in_order(shop: Shop, coach: Coach) -> None:
    first, second = shelves.product(shop.tenant), shelves.product(shop.tenant, name="Video")
    coach.post(f"offers/products/{second.pk}/move", {"to": "up"})
    page = coach.read("offers/products/")
    assert page.index("Video") < page.index("Eight-week plan")
    coach.post(f"offers/products/{first.pk}/switch", {"to": "off"})
    assert "Not in your shop" in coach.read("offers/products/")
    coach.post(f"offers/products/{first.pk}/switch", {"to": "on"})
    assert "Not in your shop" not in coach.read("offers/products/")


def test_files_are_added_and_taken_off(shop: Shop, coach: Coach) -> None:
    made = shelves.product(shop.tenant)
    here = f"offers/products/{made.pk}/"
    assert coach.post(here + "files", {"file": upload(shelves.PLAN, "plan.pdf")}).status_code == 303
    assert "plan.pdf" in coach.read(here)
    coach.post(f"{here}files/{only(shop).files[0]}/off")
    assert only(shop).files == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file first."),
        ({"file": ("<script>", "plan.pdf")}, "not a kind of file"),
    ],
)
def test_a_file_that_cannot_be_kept_is_named_on_the_page(
    shop: Shop, coach: Coach, data: dict[str, Any], words: str
) -> None:
    made = shelves.product(shop.tenant)
    sent = {name: upload(content.encode(), called) for name, (content, called) in data.items()}
    answer: Any = coach.post(f"offers/products/{made.pk}/files", sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Eight-week plan" in answer.text


def test_a_picture_is_shown_and_taken_off(shop: Shop, coach: Coach) -> None:
    made = shelves.product(shop.tenant)
    picture = BytesIO()
    Image.new("RGB", (8, 8), "green").save(picture, "PNG")
    coach.post(f"offers/products/{made.pk}/picture", {"picture": upload(picture.getvalue(), "plan.png")})
    assert only(shop).picture_id
    coach.post(f"offers/products/{made.pk}/picture", {"to": "off"})
    assert only(shop).picture_id is None


def test_orders_stand_with_their_state_and_lead_to_their_payment(shop: Shop, coach: Coach) -> None:
    made = shelves.product(shop.tenant)
    here = f"offers/products/{made.pk}/orders/"
    assert "Nobody has bought it yet" in coach.read(here)
    order = shelves.sold(shop, made)
    attempt = worlds.attempt_for(shop.tenant, order)
    page = coach.read(here)
    assert "Cleo Adler" in page
    assert f"money/payments/{attempt.pk}/" in page
    assert "Eight-week plan" in coach.read(f"money/payments/{attempt.pk}/")
    press(shop, order, 2000)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert "Refunded in part" in coach.read(here)
    press(shop, order)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert "€120.00</span> paid back" in coach.read(here)


def test_before_a_refund_its_page_says_what_ends_with_it(shop: Shop, coach: Coach) -> None:
    order = shelves.sold(shop, shelves.product(shop.tenant, files=1))
    attempt = worlds.attempt_for(shop.tenant, order)
    page = coach.read(f"money/payments/{attempt.pk}/refund/?how=whole&because=goodwill")
    assert "The downloads end with it" in page
    part = coach.read(f"money/payments/{attempt.pk}/refund/?how=part&amount=20&because=goodwill")
    assert "The downloads stay open" in part


def test_a_coupon_can_be_for_one_product(shop: Shop, coach: Coach) -> None:
    shelves.product(shop.tenant)
    assert "Eight-week plan" in coach.read("offers/coupons/new/")


def test_an_order_that_waits_for_its_payment_is_owed_by_nobody(shop: Shop, coach: Coach) -> None:
    shelves.ordered(shop, shelves.product(shop.tenant))
    assert "Eight-week plan" not in coach.read("money/owed/")


def test_the_evidence_says_what_was_agreed_to_and_when_it_was_downloaded(shop: Shop, coach: Coach) -> None:
    terms = shelves.terms(shop.tenant)
    order = shelves.sold(shop, shelves.product(shop.tenant, files=1, requires=[str(terms.line)]))
    with tenant_context(shop.tenant):
        downloads.begin(order_id=order.pk, file_id=UUID(order.agreed["files"][0]), now=clock.now())
        attempt = PaymentAttempt.objects.select_related("charge__client").get()
        desk = Desk(RequestFactory().get("/"), shop.tenant, practice(), clock.now())
        told = {section.title: section.lines for section in evidence_bundle.bundle(desk, attempt)}
    said = {line.label: line.words for line in told["What was shown and agreed to"]}
    assert "It costs €120.00." in said["Terms of Eight-week plan"]
    assert (said["By the name of"], said["From the address"]) == ("Cleo Adler", "203.0.113.7")
    assert said["Downloaded"].startswith("plan-1.pdf, ")

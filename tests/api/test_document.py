"""The OpenAPI file: of every address, valid by its own words, and true of what is really answered."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.test import Client as Browser
from jsonschema import Draft202012Validator

from api import reference
from api.core import fields
from api.core.fields import Amount, NameTaken, Shown, Taken
from api.core.problems import every_kind
from api.document import document, text
from tenants.integrations.public_events import PUBLIC_EVENTS
from tenants.registry.models import Tenant
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.api.test_every_address import ALL, WRITTEN, Address
from tests.api.writes import WRITES, sent
from tests.worlds import Shop


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, said in methods.items():
            yield method.upper(), path, said


def operation_at(address: Address) -> Mapping[str, Any]:
    wanted = "/" + address.pattern.replace("<uuid:", "{").replace(">", "}")
    found: Mapping[str, Any] = document()["paths"][wanted][address.method.lower()]
    return found


def conforms(value: Any, schema: Mapping[str, Any]) -> None:
    """Fails with what is wrong."""
    whole = {**schema, "components": document()["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def answered(said: Mapping[str, Any], status: int) -> Mapping[str, Any]:
    [content] = said["responses"][str(status)]["content"].values()
    schema: Mapping[str, Any] = content["schema"]
    return schema


def test_it_names_every_address_and_no_other() -> None:
    assert len(list(operations())) == len(ALL)
    for address in ALL:
        assert operation_at(address)["summary"] == address.operation.summary
    names = [said["operationId"] for _method, _path, said in operations()]
    assert len(set(names)) == len(names)
    assert document()["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere_and_every_shape_is_one() -> None:
    shapes = document()["components"]["schemas"]
    for name in json.dumps(document()).split('"#/components/schemas/')[1:]:
        assert name.partition('"')[0] in shapes
    for shape in shapes.values():
        Draft202012Validator.check_schema(shape)


def test_two_shapes_of_one_name_cannot_be_declared() -> None:
    """One would silently stand for both."""
    declared = dict(fields._SHAPES)
    with pytest.raises(NameTaken, match=r"“Client” in the OpenAPI file, as api\.v1\.clients\.ClientShown is"):
        type("Client", (Taken,), {})
    with pytest.raises(NameTaken, match="an amount"):
        type("MoneyShown", (Shown,), {})
    with pytest.raises(NameTaken, match="kept for lists"):
        type("BookingPage", (Shown,), {})
    assert declared == fields._SHAPES


def test_what_tools_keep_for_themselves_is_not_in_it() -> None:
    assert "x-spec-enum-id" not in text()


def test_every_example_is_what_it_is_an_example_of() -> None:
    shown = 0
    for method, path, said in operations():
        body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
        answers = [content for each in said["responses"].values() for content in each["content"].values()]
        for content in (body, *answers):
            for example in content.get("examples", {}).values():
                conforms(example["value"], content["schema"])
                shown += 1
        takes_something = "requestBody" in said
        assert bool(body.get("examples")) == takes_something, (method, path)
        assert any(each.get("examples") for each in answers), (method, path)
    assert shown >= len(ALL)


def test_no_operation_takes_anything_but_json() -> None:
    for _method, _path, said in operations():
        assert set(said.get("requestBody", {}).get("content", {})) <= {"application/json"}


@pytest.mark.parametrize("address", WRITTEN, ids=str)
@pytest.mark.parametrize("with_money", [True, False])
def test_what_a_write_answers_is_as_it_says(
    address: Address, with_money: bool, shop: Shop, program: MakeProgram
) -> None:
    ask = WRITES[address.name, address.method](shop)
    scopes = [address.operation.scope, *(["billing:read"] if with_money else [])]
    answer = sent(program(shop.tenant, scopes), address.method, ask)
    conforms(answer.json(), answered(operation_at(address), answer.status_code))
    has_amounts = any(isinstance(field, Amount) for field in address.operation.gives().fields.values())
    assert ("amount_minor" in answer.content.decode()) == (with_money and has_amounts)
    refused = program(shop.tenant, scopes).ask(address.method, f"/api/v1/{ask.path}", {"x": 1}, key="")
    conforms(refused.json(), answered(operation_at(address), 400))


@pytest.mark.parametrize("with_money", [True, False])
def test_what_a_read_answers_is_as_it_says(shop: Shop, program: MakeProgram, with_money: bool) -> None:
    kind = worlds.session_type(shop.tenant)
    booked = worlds.sell(shop, kind, at=worlds.hour(30))
    held = worlds.held(shop.tenant, kind, at=worlds.hour(40))
    money = ["billing:read"] if with_money else []
    asks = program(shop.tenant, ["catalogue:read", "bookings:read", *money])
    ids = {"session_type_id": kind.pk, "booking_id": booked.pk, "hold_id": held.pk}
    words: dict[str, dict[str, Any]] = {
        "api_slots": {
            "session_type_id": kind.pk,
            "from": worlds.hour(1).isoformat(),
            "to": worlds.hour(9).isoformat(),
        }
    }
    ours = [each for each in ALL if each.operation.scope in ("catalogue:read", "bookings:read")]
    for address in ours:
        path = "/" + address.pattern
        for name, row in ids.items():
            path = path.replace(f"<uuid:{name}>", str(row))
        if "<" in path:
            continue
        answer = asks.get(path, **words.get(address.name, {}))
        assert answer.status_code == 200, answer.content
        conforms(answer.json(), answered(operation_at(address), 200))
        assert with_money or "amount_minor" not in answer.content.decode(), path


def entry(name: str) -> reference.Entry:
    [found] = [each for entries in reference.groups().values() for each in entries if each.name == name]
    return found


def test_the_page_shows_what_is_within_a_field_what_it_is_without_one_and_what_is_refused() -> None:
    booking = {each.name: each for each in entry("book_a_session").takes}
    assert booking["client.email"].needed
    assert not booking["client.phone"].needed
    assert {"balance.lines[].text", "balance.left"} <= {each.name for each in entry("get_a_pack").gives}
    assert not any("amount_minor" in each.name for each in entry("get_a_pack").gives)
    asked = {each.name: each for each in entry("list_events").asks}
    assert asked["limit"].words.endswith("Without it: 25.")
    assert "booking.confirmed" not in asked["type"].type
    assert entry("make_a_webhook_endpoint").problems == ("too-many-endpoints", "not-an-endpoint")


def test_the_page_and_the_file_are_for_everybody_and_name_everything(anna: Tenant) -> None:
    browser = Browser(HTTP_HOST="anna.localhost:8000")
    page = browser.get("/api/").content.decode()
    for _method, path, said in operations():
        assert f'id="{said["operationId"]}"' in page
        assert path in page
    for kind in every_kind():
        assert f'<div id="{kind.code}">' in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    for event in PUBLIC_EVENTS:
        assert f"<code>{event}</code>" in page
    file = browser.get("/api/openapi.json")
    assert file.json() == document()
    assert browser.get("/api/openapi.json", headers={"If-None-Match": file["ETag"]}).status_code == 304
    # A key is asked of nobody here, and nothing of the practice is in the file.
    assert "anna.localhost" not in file.content.decode()

"""What is paid beside a session, as a program reads it."""

from tenants.offers.extras import Extra
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.worlds import Shop


def test_an_extra_is_of_its_session_types_currency(shop: Shop, program: MakeProgram) -> None:
    kind = worlds.session_type(shop.tenant, extras=[Extra("Court", 1200)])
    reader = program(shop.tenant, ["catalogue:read", "billing:read"])
    shown = reader.get("/api/v1/session-types").json()["data"]
    [listed] = [each for each in shown if each["id"] == str(kind.pk)]
    assert listed["extras"][0]["price"] == {"amount_minor": 1200, "currency": kind.currency}
    assert reader.get(f"/api/v1/session-types/{kind.pk}").json()["extras"] == listed["extras"]

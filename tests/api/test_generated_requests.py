"""Requests made up from the OpenAPI file: every answer is as the file says, and none is 5xx.

`CI` set, more are made up of each operation.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.document import document
from config.wsgi import application
from tests.api.conftest import MakeProgram
from tests.api.programs import Program
from tests.api.test_every_address import ALL, Address
from tests.paperwork import worlds as papers
from tests.worlds import Shop

EXAMPLES = 10 if os.environ.get("CI") else 3
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
FILE: Any = schemathesis.openapi.from_dict(document())
FILE.app = application


def _where(address: Address) -> str:
    return "/" + address.pattern.replace("<uuid:", "{").replace(">", "}")


@pytest.fixture
def whole(shop: Shop, program: MakeProgram, monkeypatch: pytest.MonkeyPatch) -> Program:
    """May do everything, as often as it likes."""
    monkeypatch.setattr("api.core.quotas.PER_MINUTE", 10**6)
    return program(shop.tenant)


@pytest.mark.parametrize("address", ALL, ids=str)
def test_whatever_is_asked_is_answered_as_the_file_says(address: Address, whole: Program, shop: Shop) -> None:
    ask_what_is_made_up(FILE[_where(address)][address.method], whole, shop)


def test_an_answer_that_is_not_as_the_file_says_is_found(
    whole: Program, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers.client(shop.tenant)
    operation = FILE["/api/v1/clients"]["GET"]
    ask_what_is_made_up(operation, whole, shop)
    monkeypatch.setattr("api.v1.clients.ClientShown.get_is_archived", lambda *_: "perhaps")
    with pytest.raises(FailureGroup, match="perhaps"):
        ask_what_is_made_up(operation, whole, shop)


def ask_what_is_made_up(operation: Any, program: Program, shop: Shop) -> None:
    """Fails at an answer that is not as the file says."""
    headers = {"Authorization": f"Bearer {program.secret}", "Host": shop.host}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asked(case: Any) -> None:
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=list(CHECKS), headers=headers)

    asked()

"""The typed client that anybody can generate from the OpenAPI file, used as a partner's program would."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from api import client as client_package
from api.document import document
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.worlds import Shop

NAMED = client_package.PACKAGE


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, made anew of the file as it is now."""
    folder = tmp_path_factory.mktemp("client") / "made"
    client_package.generate(folder)
    sys.path.insert(0, str(folder))
    yield folder / NAMED
    sys.path.remove(str(folder))


@pytest.fixture
def client(generated: Path, shop: Shop, program: MakeProgram, live_server: Any) -> Any:
    made = import_module(NAMED).AuthenticatedClient
    address = f"http://127.0.0.1:{live_server.thread.port}"
    return made(base_url=address, token=program(shop.tenant).secret, headers={"Host": shop.host})


def test_there_is_a_function_for_every_operation(generated: Path) -> None:
    there = {each.stem for each in (generated / "api").glob("*/*.py")}
    wanted = {each["operationId"] for methods in document()["paths"].values() for each in methods.values()}
    assert wanted <= there


def test_it_can_be_installed_and_says_of_which_version_it_is(generated: Path) -> None:
    setup = (generated.parent / "setup.py").read_text()
    assert '"upfront-client"' in setup
    version = re.findall(r'version="(.*?)"', setup)
    assert version == [document()["info"]["version"]]
    assert re.fullmatch(r"\d{4}\.[1-9]\d?\.[1-9]\d?", version[0])


def test_it_replaces_an_earlier_one_and_nothing_else(generated: Path, tmp_path: Path) -> None:
    stale = generated / "models" / "gone.py"
    stale.write_text("")
    client_package.generate(generated.parent)
    assert generated.exists()
    assert not stale.exists()
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(client_package.CannotGenerate, match="something else in it"):
        client_package.generate(tmp_path)
    assert (tmp_path / "letter.txt").exists()


def test_a_program_with_types_adds_a_client_sells_a_pack_and_reads_its_balance(
    client: Any, shop: Shop
) -> None:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    models = import_module(f"{NAMED}.models")
    dora = models.NewClient(name="Dora", email="dora@example.com")
    add = import_module(f"{NAMED}.api.clients.add_a_client")
    added = add.sync(client=client, body=dora, idempotency_key="dora")
    assert isinstance(added, models.Client)
    assert add.sync(client=client, body=dora, idempotency_key="dora") == added
    sell = import_module(f"{NAMED}.api.packs.sell_a_pack")
    wanted = models.NewPack(pack_offer_id=offer.pk, client_id=added.id)
    sold = sell.sync(client=client, body=wanted, idempotency_key="pack")
    assert (sold.client_id, sold.is_paid) == (added.id, False)
    [listed] = import_module(f"{NAMED}.api.packs.list_packs").sync(client=client, client_id=added.id).data
    assert listed.balance.headline == "Balance: 10 of 10 sessions."
    assert listed == sold
    refused = add.sync(client=client, body=dora, idempotency_key="dora-again")
    assert isinstance(refused, models.Problem)
    assert refused.code == "address-taken"

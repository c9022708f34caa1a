"""The typed client that anybody can generate from the OpenAPI file, used as a partner's program would."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from api.document import document
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.worlds import Shop

NAMED = "upfront_client"
CONFIG = "project_name_override: upfront-client\npackage_name_override: upfront_client\npost_hooks: []\n"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, made anew of the file as it is now."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(document()))
    (folder / "config.yml").write_text(CONFIG)
    tool = Path(sys.executable).parent / "openapi-python-client"
    said = ["--path", "openapi.json", "--config", "config.yml", "--output-path", NAMED, "--meta", "none"]
    done = subprocess.run(
        [tool, "generate", "--fail-on-warning", *said],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
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

"""The shape of the source: whose packages these are, which way they look, and what is written nowhere."""

import ast
import importlib
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from django.apps import apps
from django.db.models import ForeignObjectRel

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("platform", "tenants", "connect", "payouts", "public_pages")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# Below: what a module is called that nobody could name.
NAMELESS = {
    "services.py",
    "utils.py",
    "helpers.py",
    "exceptions.py",
    "signals.py",
    "managers.py",
    "common.py",
}


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def top_packages() -> set[str]:
    inside = {path.parent.name for path in (ROOT / "platform").glob("*/__init__.py")}
    outside = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    rooms = {room for room in ROOMS if room != "platform" and any((ROOT / room).glob("*/__init__.py"))}
    return (inside | outside | rooms) - {"tests"}


def layers() -> list[set[str]]:
    contract = next(each for each in CONTRACTS["contracts"] if each["type"] == "layers")
    return [{name.strip() for name in layer.split("|")} for layer in contract["layers"]]


def height_of(package: str) -> int:
    """How high a package stands: what is lower may not know it."""
    found = [place for place, layer in enumerate(reversed(layers())) for name in layer if package == name]
    assert found, f"{package} stands in no layer of pyproject.toml"
    return found[0]


# --- packages -----------------------------------------------------------------------------------------


def test_platform_is_a_source_root_and_hides_no_module_of_pythons() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert importlib.import_module("platform").python_version()


def test_every_package_is_this_repositorys() -> None:
    for name in top_packages():
        spec = importlib.util.find_spec(name)
        assert spec is not None, name
        places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
        assert places, name
        assert all(place and Path(place).is_relative_to(ROOT) for place in places), (name, places)
        assert not any(".venv" in str(place) for place in places), (name, places)


def test_every_package_is_listed_in_the_import_contract() -> None:
    assert set(CONTRACTS["root_packages"]) == top_packages()
    named = set.union(*layers())
    expected = {name for name in top_packages() if name != "tenants"}
    expected |= {f"tenants.{path.parent.name}" for path in (ROOT / "tenants").glob("*/__init__.py")}
    assert named == expected


def test_every_package_is_shipped() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert {Path(folder).name for folder in shipped["packages"]} == top_packages()


def test_keys_that_are_named_in_texts_look_the_same_way_as_imports() -> None:
    """`ForeignKey("clients.Client")` is no import that a linter sees."""
    ours = {config.label: config.name for config in apps.get_app_configs() if _is_ours(config.path)}
    looked = 0
    for model in apps.get_models():
        if model._meta.app_label not in ours:
            continue
        for field in model._meta.get_fields():
            target = field.related_model
            if isinstance(field, ForeignObjectRel) or not isinstance(target, type):
                continue
            label = target._meta.app_label
            if label in ours and label != model._meta.app_label:
                looked += 1
                assert height_of(ours[label]) < height_of(ours[model._meta.app_label]), field
    assert looked >= 4


def _is_ours(path: str) -> bool:
    return Path(path).is_relative_to(ROOT) and ".venv" not in path


# --- what is written nowhere --------------------------------------------------------------------------


def test_only_connect_imports_stripe() -> None:
    importers = {path.relative_to(ROOT).parts[0] for path in sources() if "stripe" in imported_roots(path)}
    assert importers == {"connect"}


def imported_roots(path: Path) -> set[str]:
    """The packages that a module imports anywhere in it, inside functions too."""
    roots = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.split(".")[0])
    return roots


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in sources() if path.name in NAMELESS] == []


def test_no_block_enters_a_tenant_by_itself() -> None:
    """`with tenant:` shares one stack between threads; `tenant_context(tenant)` does not."""
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    name = _last_name(item.context_expr)
                    assert name != "tenant", f"{path}:{node.lineno}"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|ALTER|CREATE|DROP|WHERE|SET LOCAL)\s")
# They write DDL and rights, whose names cannot be parameters: psycopg.sql or a checked pattern quotes them.
# The simulator speaks to a small SQLite of its own.
OWNERS = ("tenants/registry/", "platform/kit/database/", "platform/demo/", "connect/simulator/")


def test_no_statement_is_put_together_from_texts() -> None:
    """What a statement is about comes as its parameter, never as a part of its text."""
    for path in sources():
        here = str(path.relative_to(ROOT))
        if not here.startswith(OWNERS):
            for node in ast.walk(tree(path)):
                assert not (_is_composed(node) and STATEMENT.search(_texts_in(node))), f"{here}:{node.lineno}"


def test_a_composed_statement_would_be_seen() -> None:
    for seen in (
        'f"SELECT * FROM {table}"',
        '"DELETE FROM %s" % table',
        '"SELECT 1 WHERE a = " + b',
        '"UPDATE {} ".format(t)',
    ):
        node = ast.parse(seen, mode="eval").body
        assert _is_composed(node)
        assert STATEMENT.search(_texts_in(node))


def _is_composed(node: ast.AST) -> TypeGuard[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add)


def _texts_in(node: ast.AST) -> str:
    constants = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
    return " ".join(value for value in constants if isinstance(value, str))


# --- use cases ----------------------------------------------------------------------------------------


def use_cases() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sources():
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef):
                words = ast.get_docstring(node) or ""
                if words.startswith(("Use case", "Step")):
                    yield f"{path.relative_to(ROOT)}:{node.name}", node


# Steps whose first values are the rows that the transaction has locked.
BY_POSITION = {
    "platform/kit/database/inserts.py:insert_unless_there",
    "platform/kit/ledgers.py:last_spend",
    "platform/kit/states.py:change",
    "tenants/billing/attempts.py:locked",
    "tenants/billing/captures.py:enter",
    "tenants/billing/cards.py:agree",
    "tenants/billing/cards.py:keep",
    "tenants/billing/cards.py:remember",
    "tenants/billing/charges.py:apply",
    "tenants/billing/charges.py:let_off",
    "tenants/billing/charges.py:locked",
    "tenants/billing/charges.py:void",
    "tenants/billing/instalments.py:arrange",
    "tenants/billing/instalments.py:fill",
    "tenants/billing/instalments.py:look_after",
    "tenants/billing/instalments.py:merge",
    "tenants/billing/instalments.py:refused",
    "tenants/billing/instalments.py:shorten",
    "tenants/billing/instalments.py:tell",
    "tenants/billing/instalments.py:void",
    "tenants/billing/order_fees.py:fix",
    "tenants/billing/order_fees.py:give_claim_back",
    "tenants/billing/refunds.py:went_back",
    "tenants/billing/refusals.py:follow",
    "tenants/billing/refusals.py:give_up",
    "tenants/billing/refusals.py:say_unpaid",
    "tenants/billing/sales.py:agree",
    "tenants/billing/sales.py:charge_of",
    "tenants/packs/debts.py:note",
    "tenants/packs/ledger.py:locked",
    "tenants/packs/ledger.py:locked_family",
    "tenants/packs/ledger.py:locked_line",
    "tenants/paperwork/giving.py:tell",
    "tenants/retainers/charging.py:let_go",
    "tenants/retainers/charging.py:open_charge",
    "tenants/retainers/ledger.py:locked",
    "tenants/retainers/schedule.py:advance",
    "tenants/retainers/schedule.py:carry_out_wish",
    "tenants/retainers/schedule.py:drop",
    "tenants/retainers/schedule.py:end",
    "tenants/retainers/schedule.py:new_period",
    "tenants/retainers/schedule.py:open_period",
    "tenants/retainers/schedule.py:settle_price",
    "tenants/retainers/schedule.py:tell",
    "tenants/retainers/schedule.py:watch",
    "tenants/retainers/subscribing.py:first_period",
    "tenants/scheduling/bookings.py:allow",
    "tenants/scheduling/bookings.py:before_coupon",
    "tenants/scheduling/bookings.py:note",
    "tenants/scheduling/cancelling.py:locked",
    "tenants/scheduling/deposits.py:reschedule_rest",
    "tenants/scheduling/holds.py:end_hold",
    "tenants/scheduling/holds.py:end_lapsed_in",
    "tenants/scheduling/holds.py:tell_released",
    "tenants/shop/fulfilment.py:locked",
    "tenants/shop/proposals.py:locked",
    "tenants/scheduling/pack_bookings.py:to_its_end",
    "tenants/scheduling/paying.py:open_attempt",
    "tenants/scheduling/paying.py:require_no_other",
    "tenants/shop/packs_for.py:locked",
}


def test_use_cases_and_steps_take_their_values_by_name() -> None:
    found = dict(use_cases())
    assert len(found) > 30
    by_position = {
        name
        for name, node in found.items()
        if (node.args.posonlyargs or node.args.args) and not node.name.startswith("_")
    }
    assert by_position == BY_POSITION


def test_what_may_be_there_already_is_inserted_in_one_way() -> None:
    """`kit.database.insert_unless_there` says whether the row went in; `bulk_create` would have to look."""
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                passes_over = any(given.arg == "ignore_conflicts" for given in node.keywords)
                assert not passes_over, f"{path}:{node.lineno}"


def test_use_cases_are_told_the_time() -> None:
    """A use case never asks the clock itself: a test, the demo and a retry would get another answer."""
    for name, node in use_cases():
        asks = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
        assert not any(
            _last_name(call.func) == "now" or ast.unparse(call.func) in ("timezone.now", "datetime.now")
            for call in asks
        ), name


def test_no_error_is_swallowed_unseen() -> None:
    """No bare `except:`, and no handler of everything that does nothing."""
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path}:{node.lineno}"
                everything = _last_name(node.type) in ("Exception", "BaseException")
                silent = all(isinstance(step, ast.Pass) for step in node.body)
                assert not (everything and silent), f"{path}:{node.lineno}"

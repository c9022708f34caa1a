"""A program that reads everything which its key opens: every page of every list, and what is named there."""

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from django.test import Client as Browser
from jsonschema import Draft202012Validator

from api.document import document
from kit import clock
from tests.api.programs import Program

SMALL, ALL = 7, 100
# Whoever stands beside what something is about is a client, too.
CLIENTS = ("buyer_id", "payer_id")
# Facts of an event that are ids.
FACTS = ("booking", "charge", "client", "pack", "refund")
# Filters that do not ask for a field to be just so: what is compared, and how.
COMPARED: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "starts_from": ("starts_at", operator.ge),
    "starts_before": ("starts_at", operator.lt),
    "since": ("at", operator.ge),
}
TRIED_OF_EACH_FILTER = 4


@dataclass
class Walk:
    """What one key has read in one practice, by what it is; and whatever is wrong with it."""

    program: Program
    # Of each kind so many are read by themselves, too: the lists show all.
    most: int = 10**6
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    def ask(self, path: str, **words: Any) -> Any:
        """The answer's JSON; None where this key may not ask it, or there is a fault."""
        known = known_path(path)
        if known in self.closed:
            return None
        answer = self.program.get(path, **words)
        if answer.status_code == 403 and answer.json()["code"] == "scope-missing":
            self.closed.add(known)
            return None
        said = f"{path} {words or ''}".strip()
        self.read[said] = answer.content.decode()
        self._hold_against_the_file(said, document()["paths"][known]["get"], answer)
        return answer.json() if answer.status_code == 200 else None

    def read_everything(self) -> None:
        for path in _lists():
            rows = self._leaf_through(path)
            for words, wanted in _filters(path, rows) if rows else ():
                self._expect(path, words, wanted)
        for kind, key, shown in self._rows():
            self._read_one(kind, key, shown)

    def read_by(self, ids: Mapping[str, Mapping[str, Any]]) -> None:
        """What another key has seen."""
        for kind, rows in ids.items():
            for key in [*rows][: self.most]:
                self._read_one(kind, key, None)

    def read_what_is_named(self) -> None:
        """An id that an answer names leads to what it names."""
        for kind, key, shown in self._rows():
            for named, other in named_in(shown):
                if other not in self.seen.get(named, {}):
                    self._read_one(named, other, None, because=f"named by {kind} {key}")

    def open_the_links(self) -> None:
        """An address for clients opens in a browser that knows nobody."""
        for kind, key, shown in self._rows():
            for name in ("url", "page_url", "payment_url"):
                if kind != "webhook_endpoint" and shown.get(name):
                    self._open(shown[name], f"{kind} {key}, {shown.get('status')}: {name}")

    def _rows(self) -> list[tuple[str, str, dict[str, Any]]]:
        some = ((kind, [*rows.items()][: self.most]) for kind, rows in sorted(self.seen.items()))
        return [(kind, key, row) for kind, rows in some for key, row in rows]

    def _leaf_through(self, path: str) -> list[Any]:
        """By small pages, then at once: the same rows in the same order."""
        by_page: list[Any] = []
        cursor = ""
        while cursor is not None:
            page = self.ask(path, limit=SMALL, cursor=cursor)
            if page is None:
                return []
            by_page += page["data"]
            cursor = page["next_cursor"]
        self._expect(path, {}, by_page)
        for row in by_page:
            self.seen.setdefault(row["object"], {})[row["id"]] = row
        return by_page

    def _expect(self, path: str, words: dict[str, Any], wanted: list[Any]) -> None:
        found = self.ask(path, limit=ALL, **words)
        if found is None or found["data"] != wanted[:ALL]:
            self.faults.append(f"{path} {words}: other rows than by leafing through them all")

    def _read_one(self, kind: str, key: str, shown: Any, because: str = "") -> None:
        if kind == "session_type":
            self.ask("/api/v1/slots", session_type_id=key, **two_weeks())
        for path in _about(kind):
            where = path.replace(f"{{{_parameter(path)}}}", key)
            if "next_cursor" in _shape(path).get("properties", {}):
                self._leaf_through(where)
                continue
            answer = self.ask(where)
            if shown is not None and path.endswith("}") and answer != shown:
                self.faults.append(f"{where}: shown otherwise than in its list")
            if because and answer is None:
                self.faults.append(f"{where}: not to be read, and {because}")

    def _open(self, url: str, what: str) -> None:
        host, _, path = url.partition("://")[2].partition("/")
        answer = Browser(HTTP_HOST=host).get(f"/{path}")
        if answer.status_code != 200:
            self.faults.append(f"{what}: {url} is answered with {answer.status_code}")

    def _hold_against_the_file(self, said: str, operation: Mapping[str, Any], answer: Any) -> None:
        status = str(answer.status_code)
        if status not in operation["responses"] or status == "500":
            self.faults.append(f"{said}: {status}, which the file does not say: {answer.content[:200]!r}")
            return
        [content] = operation["responses"][status]["content"].values()
        for error in validator(json.dumps(content["schema"])).iter_errors(answer.json()):
            self.faults.append(f"{said}: {error.json_path}: {error.message[:200]}")


@cache
def validator(schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": document()["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def named_in(shown: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a row names by its id: `client_id` a client, and an event what it happened to."""
    for name, value in shown.items():
        if name.endswith("_id") and isinstance(value, str):
            yield "client" if name in CLIENTS else name.removesuffix("_id"), value
    if shown["object"] == "event":
        facts = shown["data"]
        yield facts["object"], facts["id"]
        yield from ((name, facts[name]) for name in ("client_id", *FACTS) if facts.get(name))


def _filters(path: str, rows: list[Any]) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Words that a list may be asked, each with what is to be found by them."""
    for asked in document()["paths"][path]["get"]["parameters"]:
        name = asked["name"]
        if asked["in"] != "query" or name in ("limit", "cursor"):
            continue
        field_name, holds = COMPARED.get(name, (name, operator.eq))
        of_rows = [_of(row, field_name) for row in rows]
        values = [*dict.fromkeys(of_rows)][:TRIED_OF_EACH_FILTER]
        for value in {*values, *asked["schema"].get("enum", [])} - {None, ""}:
            pairs = zip(rows, of_rows, strict=True)
            yield {name: value}, [row for row, its in pairs if its is not None and holds(its, value)]


def _of(row: Mapping[str, Any], name: str) -> Any:
    return row["data"]["id"] if name == "about" else row[name]


def two_weeks() -> dict[str, str]:
    now = clock.now()
    return {"from": now.isoformat(), "to": (now + timedelta(days=14)).isoformat()}


def gets() -> list[str]:
    return [path for path, methods in document()["paths"].items() if "get" in methods]


def _lists() -> list[str]:
    """What can be asked without naming anything."""
    return [path for path in gets() if "{" not in path and "next_cursor" in _shape(path)["properties"]]


def _about(kind: str) -> list[str]:
    """What can be asked of one thing of a kind."""
    ids = {f"{kind}_id", kind.removeprefix("webhook_") + "_id"}
    return [path for path in gets() if _parameter(path) in ids]


def _parameter(path: str) -> str:
    return path.partition("{")[2].partition("}")[0]


def _shape(path: str) -> Mapping[str, Any]:
    done = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    found: Mapping[str, Any] = document()["components"]["schemas"][done["$ref"].rpartition("/")[2]]
    return found


@cache
def known_path(path: str) -> str:
    """Of the path that was asked, as the file has it."""
    parts = path.split("/")
    for known in gets():
        wanted = known.split("/")
        if len(parts) == len(wanted) and all(
            its in (part, f"{{{_parameter(known)}}}") for part, its in zip(parts, wanted, strict=True)
        ):
            return known
    raise LookupError(path)

"""HTTP as the simulator's rooms see it: a request, and an answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_form(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")

    def fields(self) -> dict[str, str]:
        """The body of a page's form, or of a JSON call: flat names and texts."""
        if not self.body:
            return {}
        if self.is_form:
            return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class NoAnswer(Exception):
    """The connection breaks before anything is said."""


def as_json(status: int, content: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json", **named})


def page(html: str, *, status: int = 200) -> Answer:
    return Answer(status, html.encode(), {"Content-Type": HTML, "Cache-Control": "no-store"})


def redirect(url: str) -> Answer:
    return Answer(303, b"", {"Location": url})

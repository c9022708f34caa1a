"""All that one person can read of a coach's: their mails, and every page that they lead to; with headers."""

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.core import mail
from django.test import Client as Browser

from tests.pdf_text import text_of

SEPARATORS = re.compile(r"(?<=\d)[.,'’\s\u00a0\u202f]{1,2}(?=\d)")
TAGS = re.compile(r"<[^>]*>")
UUIDS = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
LINKS = re.compile(r"""(?:href|src|action|hx-get|data-url)=["']([^"'#]+)""")
WRITTEN = re.compile(r"https?://[^\s<>\"')\]]+")
REFRESH = re.compile(r"url=(\S+)")
# What a page's machinery is made of: the same for everybody.
NOT_READ = ("/static/", "/my/sign-out", "/my/data/erase", "mailto:", "tel:", "webcal:")
MOST_PAGES = 150

Reading = dict[str, str]
"""What was read, by where it stood."""


def mails_to(address: str, *, about: str = "") -> list[Any]:
    """Those sent to an address; `about` somebody who has none of their own, or about nobody such."""
    sent = [each for each in mail.outbox if each.to == [address]]
    return [each for each in sent if each.subject.startswith(f"For {about or '¬'}") is bool(about)]


def letters(messages: list[Any]) -> Reading:
    """Every part of every mail, decoded: headers, plain text, HTML, calendar files."""
    read: Reading = {}
    for nth, message in enumerate(messages):
        whole = message.message()
        read[f"mail {nth} “{message.subject}”"] = "\n".join(f"{key}: {value}" for key, value in whole.items())
        for part in whole.walk():
            if not part.is_multipart():
                for name, text in _said(part.get_payload(decode=True)):
                    read[f"mail {nth} “{message.subject}”, {part.get_content_type()} {name}".strip()] = text
    return read


def pages(browser: Browser, host: str, starts: list[str]) -> Reading:
    """What a person reads who opens every link, from these on; addresses of other hosts are none of ours."""
    waiting, read = [*starts], Reading()
    while waiting and len(read) < MOST_PAGES:
        address = _local(waiting.pop(0), host)
        if address is None or address in read:
            continue
        answer = browser.get(address)
        read[address] = _headers(answer)
        for name, text in _texts(answer):
            read[f"{address} {name}".strip()] = f"{_headers(answer)}\n{text}"
            waiting += [urljoin(address, each) for each in _led_to(answer, text)]
    assert len(read) < MOST_PAGES, "a crawl that does not end"
    return read


def _local(link: str, host: str) -> str | None:
    parts = urlsplit(unescape(link).rstrip(".,"))
    if parts.netloc not in ("", host) or not parts.path.startswith("/"):
        return None
    if any(parts.path.startswith(each) or link.startswith(each) for each in NOT_READ):
        return None
    # Pages of a calendar go on for ever, with nothing new on them.
    query = "" if any(each in parts.query for each in ("day=", "from=", "asked=", "zone=")) else parts.query
    return f"{parts.path}?{query}" if query else parts.path


def _headers(answer: Any) -> str:
    cookies = "\n".join(f"{each.key}={each.value}" for each in answer.cookies.values())
    return "\n".join(f"{name}: {value}" for name, value in answer.headers.items()) + cookies


def _texts(answer: Any) -> Iterator[tuple[str, str]]:
    yield from _said(b"".join(answer.streaming_content) if answer.streaming else answer.content)


def _said(content: bytes) -> Iterator[tuple[str, str]]:
    """What a file says, whatever kind it is of; of several in one, each by its name."""
    if content.startswith(b"%PDF"):
        yield "", text_of(content)
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name, packed.read(name).decode(errors="replace")
    else:
        yield "", content.decode(errors="replace").replace("\r\n ", "")


def _led_to(answer: Any, text: str) -> list[str]:
    found = [
        *LINKS.findall(text),
        *WRITTEN.findall(text),
        *REFRESH.findall(answer.headers.get("Refresh", "")),
    ]
    return [*found, *([answer.headers["Location"]] if "Location" in answer.headers else [])]


def amounts_in(read: Reading, *minors: int) -> list[tuple[str, str]]:
    """Where one of these amounts stands, however it is written: 7,391.47, 7.391,47, 739147, € 7391."""
    patterns = [re.compile("|".join(_spellings(minor))) for minor in minors]
    found = []
    for place, text in read.items():
        plain = _plain(text)
        found += [(place, hit[0]) for pattern in patterns if (hit := pattern.search(plain))]
    return found


def _spellings(minor: int) -> list[str]:
    """The digits in minor units, and whole units beside a currency."""
    whole = minor // 100
    return [rf"(?<!\d){minor}(?!\d)", rf"(?:€|EUR|eur)\s?{whole}(?!\d)", rf"(?<!\d){whole}\s?(?:€|EUR|eur)"]


def _plain(text: str) -> str:
    """Numbers without what separates their digits, for the eye or by markup; also with the markup kept."""
    text = UUIDS.sub("", unescape(text))
    return f"{SEPARATORS.sub('', TAGS.sub('', text))}\n{SEPARATORS.sub('', text)}"


def said_in(read: Reading, *words: str) -> list[tuple[str, str]]:
    """Where one of these words stands."""
    return [(place, word) for place, text in read.items() for word in words if word in unescape(text)]

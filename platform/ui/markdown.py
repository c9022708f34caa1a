"""Text that people write with a little Markdown, shown safely: headings, lists, quotes, emphasis and links.

There is no HTML in it, no picture, and nothing that a reader would not see: what one reads is what was
written. Links lead to the web, to mail or to a telephone, and nowhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

ALLOWED_LINKS = ("https://", "http://", "mailto:", "tel:")
# Code is shown in no contract; a reference defines a link without showing it; `---` below a line is a rule.
SWITCHED_OFF = ("code", "fence", "backticks", "reference", "lheading", "image", "html_block", "html_inline")
LAST_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title, and the id by which the page leads to it."""

    id: str
    words: str
    level: int


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of a text without its markup, for print and for comparing.

    `kind` is title, heading, paragraph, item, quote or rule; `mark` stands before an item; `depth` is how
    far it is moved in. `runs` are its words with whether they are strong and where they lead.
    """

    kind: str
    runs: tuple["Run", ...] = ()
    level: int = 0
    mark: str = ""
    depth: int = 0

    @property
    def words(self) -> str:
        return "".join(run.words for run in self.runs)


@dataclass(frozen=True, slots=True)
class Run:
    words: str
    is_strong: bool = False
    href: str = ""


def as_html(text: str, *, ids: bool = True) -> SafeString:
    """The text as HTML, with the first heading as the page's h1 if it is one of the first level.

    Without `ids` its headings bear none, for a page that shows several texts.
    """
    tokens = _titled(_parser().parse(text))
    for token in () if ids else tokens:
        token.attrs.pop("id", None)
    return mark_safe(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S308


def contents(text: str) -> list[Heading]:
    """The headings below the title, in order."""
    tokens = _titled(_parser().parse(text))
    return [
        Heading(str(token.attrs["id"]), _plain(tokens[place + 1].children or []), int(token.tag[1]))
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and "id" in token.attrs
    ]


def blocks(text: str) -> list[Block]:
    """The same text block by block, without markup."""
    return list(_blocks(_titled(_parser().parse(text))))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False, "typographer": False})
    parser.disable(list(SWITCHED_OFF))
    parser.validateLink = lambda url: url.strip().lower().startswith(ALLOWED_LINKS)  # type: ignore[method-assign]
    return parser


def _titled(tokens: Sequence[Token]) -> list[Token]:
    """The title stays the only one of the first level; the others follow below it and bear an id."""
    has_title = bool(tokens) and tokens[0].type == "heading_open" and tokens[0].tag == "h1"
    below = [token for token in tokens[3 if has_title else 0 :] if token.type.startswith("heading_")]
    down = 2 - min((int(token.tag[1]) for token in below), default=2)
    for nth, token in enumerate(below):
        token.tag = f"h{min(int(token.tag[1]) + down, LAST_LEVEL)}"
        if token.nesting > 0:
            token.attrs["id"] = f"part-{nth // 2 + 1}"
    for link in (child for token in tokens for child in token.children or [] if child.type == "link_open"):
        link.attrs["rel"] = "noopener noreferrer nofollow"
    return list(tokens)


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    numbers: list[int] = []
    mark, quoted = "", 0
    for place, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrs.get("start", 1)) if token.tag == "ol" else 0)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
        elif token.type == "list_item_open":
            mark = f"{token.info}{token.markup}" if token.info else "•"
        elif token.type in ("blockquote_open", "blockquote_close"):
            quoted += 1 if token.nesting > 0 else -1
        elif token.type == "hr":
            yield Block("rule")
        elif token.type == "inline":
            runs = tuple(_runs(token.children or []))
            opened = tokens[place - 1]
            if opened.type == "heading_open":
                level = int(opened.tag[1])
                yield Block("title" if level == 1 else "heading", runs, level=level)
            else:
                kind = "item" if mark else "quote" if quoted else "paragraph"
                yield Block(kind, runs, mark=mark, depth=len(numbers) + quoted)
            mark = ""


def _runs(children: Sequence[Token]) -> Iterator[Run]:
    strong, href = 0, ""
    for child in children:
        if child.type in ("strong_open", "em_open"):
            strong += 1
        elif child.type in ("strong_close", "em_close"):
            strong -= 1
        elif child.type == "link_open":
            href = str(child.attrs.get("href", ""))
        elif child.type == "link_close":
            href = ""
        elif child.type in ("softbreak", "hardbreak"):
            yield Run("\n", strong > 0, href)
        elif child.content:
            yield Run(child.content, strong > 0, href)


def _plain(children: Sequence[Token]) -> str:
    return " ".join("".join(run.words for run in _runs(children)).split())

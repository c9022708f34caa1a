"""Markdown that people write: what it shows, and what it never becomes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import markdown

TEXT = """\
# Coaching agreement

Between **Anna** and *Cleo*,
in Berlin.

## What you get

1. Ten sessions
2. [The studio](https://studio.example/a?b=1&c=2)
   - on Mondays

> Be on time.

---

# Cancelling

Until 24 hours before."""


def test_what_can_be_written() -> None:
    page = markdown.as_html(TEXT)
    assert page.count("<h1") == 1
    assert '<h3 id="part-1">What you get</h3>' in page
    assert '<h2 id="part-2">Cancelling</h2>' in page
    assert "<strong>Anna</strong>" in page
    assert "Cleo</em>,<br" in page
    link = '<a href="https://studio.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">The studio</a>'
    assert link in page
    assert [(each.id, each.words, each.level) for each in markdown.contents(TEXT)] == [
        ("part-1", "What you get", 3),
        ("part-2", "Cancelling", 2),
    ]


def test_headings_begin_right_below_the_title() -> None:
    assert "<h2" in markdown.as_html("# Title\n\n### Small")
    assert "<h1" not in markdown.as_html("Words\n\n# Large")
    assert "<h3" in markdown.as_html("# Title\n\n## Part\n\n### Small")


def test_the_same_block_by_block() -> None:
    shown = [(each.kind, each.mark, each.depth, each.words) for each in markdown.blocks(TEXT)]
    assert shown == [
        ("title", "", 0, "Coaching agreement"),
        ("paragraph", "", 0, "Between Anna and Cleo,\nin Berlin."),
        ("heading", "", 0, "What you get"),
        ("item", "1.", 1, "Ten sessions"),
        ("item", "2.", 1, "The studio"),
        ("item", "•", 2, "on Mondays"),
        ("quote", "", 1, "Be on time."),
        ("rule", "", 0, ""),
        ("heading", "", 0, "Cancelling"),
        ("paragraph", "", 0, "Until 24 hours before."),
    ]
    [*_, item] = [run for each in markdown.blocks(TEXT) for run in each.runs if run.href or run.is_strong]
    assert (item.words, item.href) == ("The studio", "https://studio.example/a?b=1&c=2")


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        "a <b>bold</b> word",
        "[press](javascript:alert(1))",
        "[press](JaVaScRiPt:alert(1))",
        "[press](data:text/html;base64,PHNjcmlwdD4=)",
        "[press](&#106;avascript:alert(1))",
        "[press](//evil.example)",
        "[press](/coach/anna/)",
        "<javascript:alert(1)>",
        "![a picture](https://evil.example/pixel.gif)",
        "[press][1]\n\n[1]: javascript:alert(1)",
        "    <script>alert(1)</script>",
        "```\n<script>\n```",
    ],
)
def test_what_it_never_becomes(written: str) -> None:
    page = markdown.as_html(written).lower()
    for tag in ("<script", "<img", "<b>", 'href="javascript', 'href="data', 'href="/', "<pre", "<code"):
        assert tag not in page


def test_nothing_is_hidden_from_the_reader() -> None:
    assert "10% more" in markdown.as_html("[fee]: https://example.com '10% more'")
    assert "a comment" in markdown.as_html("<!-- a comment -->")


@given(st.text(alphabet="ab <>&\"'[]()!#*_`-\n:/\\javscriptdh", max_size=60))
def test_of_no_text_comes_another_tag_than_ours(written: str) -> None:
    page = markdown.as_html(written)
    allowed = "p|br|h1|h2|h3|h4|ul|ol|li|em|strong|a|blockquote|hr"
    for tag in re.findall(r"<\s*/?\s*([a-zA-Z!][^\s/>]*)", page):
        assert re.fullmatch(allowed, tag), page

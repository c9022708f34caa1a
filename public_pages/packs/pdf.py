"""A pack's statement as a document: the same sentences as on the page, on paper."""

from datetime import datetime
from functools import cache
from html import escape
from io import BytesIO

import fontpkg_noto_sans
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Paragraph, SimpleDocTemplate, Table

from kit.clock import zone
from kit.words import short_date, wall_time
from tenants.packs.lines import signed
from tenants.packs.statements import Statement

FONT = "Noto Sans"
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
# Of the frame that the text stands in, on each side.
PADDING = 6
INK, QUIET, LINE = colors.HexColor("#1c1917"), colors.HexColor("#57534e"), colors.HexColor("#d6d3d1")


def statement_as_pdf(statement: Statement, *, coach: str, tz: str, locale: str, now: datetime) -> bytes:
    """The balance with its reasons, then every entry of the ledger, the oldest first. Days are in `tz`."""
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"Statement: {statement.pack.offer.name}",
        author=coach,
        lang=locale.replace("_", "-"),
    )
    story = [
        *_heading(statement, coach, wall_time(now, tz, locale)),
        *_balance(statement),
        _table(statement, tz, locale),
    ]
    document.build(story, onFirstPage=_page_number, onLaterPages=_page_number)
    return file.getvalue()


def _heading(statement: Statement, coach: str, made: str) -> list[Flowable]:
    return [
        _words(statement.pack.offer.name, size=18, after=1),
        _words(f"Statement from {coach}, {made}", color=QUIET, after=6),
    ]


def _balance(statement: Statement) -> list[Flowable]:
    balance = statement.balance
    lines = [_words(str(line)) for line in balance.lines]
    return [
        _words(balance.headline, size=13, after=1),
        _words(balance.bought),
        *lines,
        *([_words(balance.sum_line)] if balance.sum_line else []),
        _words(balance.until, after=6),
    ]


def _table(statement: Statement, tz: str, locale: str) -> Table:
    """One row for each entry; the heading is repeated on every page."""
    heading = [_words(name, color=QUIET) for name in ("Date", "What happened")]
    heading += [_words(name, color=QUIET, right=True) for name in ("Change", "Left")]
    rows = [
        [
            _words(short_date(row.at.astimezone(zone(tz)).date(), locale)),
            _words(row.sentence),
            _words(signed(row.units) if row.units else "0", right=True),
            _words(str(row.balance_after), right=True),
        ]
        for row in statement.rows
    ]
    widths = [28 * mm, WIDTH - 68 * mm, 22 * mm, 18 * mm]
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
    return Table([heading, *rows], colWidths=widths, repeatRows=1, style=style)


def _words(
    text: str, *, size: float = 9.5, color: colors.Color = INK, after: float = 0, right: bool = False
) -> Paragraph:
    """A paragraph of plain text: what people wrote is no markup."""
    style = ParagraphStyle(
        "words",
        fontName=_font(),
        fontSize=size,
        leading=size * 1.45,
        textColor=color,
        spaceAfter=after * mm,
        alignment=TA_RIGHT if right else 0,
    )
    return Paragraph(escape(text), style)


@cache
def _font() -> str:
    """Read once per process: it covers the Latin, Greek and Cyrillic scripts."""
    path = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
    pdfmetrics.registerFont(TTFont(FONT, str(path)))
    return FONT


def _page_number(canvas: Canvas, document: BaseDocTemplate) -> None:
    canvas.saveState()
    canvas.setFont(_font(), 8)
    canvas.setFillColor(QUIET)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(document.page))
    canvas.restoreState()

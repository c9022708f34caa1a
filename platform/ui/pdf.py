"""Documents to print: paragraphs, tables and pages that all of them share."""

from collections.abc import Sequence
from functools import cache
from html import escape
from io import BytesIO
from typing import Any, Final

import fontpkg_noto_sans
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    HRFlowable,
    Image,
    Paragraph,
    SimpleDocTemplate,
    Table,
)

from ui.markdown import Block, Run, blocks

FONT = "Noto Sans"
MARGIN = 20 * mm
CSS_PIXEL = inch / 96
WIDTH = A4[0] - 2 * MARGIN
# Of the frame that the text stands in, on each side.
PADDING = 6
# Of a block: size, and the gaps before and after it in millimetres.
_SIZES: Final = {("title", 1): (18, 0, 4), ("heading", 2): (13, 3, 2), ("heading", 3): (11, 2, 1.5)}
INK, QUIET, LINE = colors.HexColor("#1c1917"), colors.HexColor("#57534e"), colors.HexColor("#d6d3d1")


def as_pdf(story: Sequence[Flowable], *, title: str, author: str, locale: str) -> bytes:
    """The pages, numbered, in the language of `locale`."""
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=title,
        author=author,
        lang=locale.replace("_", "-"),
    )
    document.build(list(story), onFirstPage=_page_number, onLaterPages=_page_number)
    return file.getvalue()


def words(
    text: str, *, size: float = 9.5, color: colors.Color = INK, after: float = 0, right: bool = False
) -> Paragraph:
    """A paragraph of plain text: what people wrote is no markup. `after` is the gap below, in millimetres."""
    look = _look(size, color, after, alignment=TA_RIGHT if right else 0)
    return Paragraph(escape(text), look)


def picture(content: bytes, width: int, height: int) -> Flowable:
    """A picture at the left edge, as large as it stands on a page of the site: in CSS pixels."""
    drawn = Image(BytesIO(content), width=width * CSS_PIXEL, height=height * CSS_PIXEL)
    drawn.hAlign = "LEFT"
    return drawn


def prose(text: str) -> list[Flowable]:
    """What people wrote with a little Markdown. Where a link leads is written out."""
    return [_block(each) for each in blocks(text)]


def _block(block: Block) -> Flowable:
    if block.kind == "rule":
        return HRFlowable(width="100%", thickness=0.5, color=LINE, spaceBefore=2 * mm, spaceAfter=4 * mm)
    size, before, after = _SIZES.get((block.kind, block.level), (9.5, 0, 2.5))
    look = _look(
        size,
        QUIET if block.kind == "quote" else INK,
        after,
        spaceBefore=before * mm,
        leftIndent=block.depth * 5 * mm,
        bulletIndent=max(block.depth - 1, 0) * 5 * mm,
        keepWithNext=int(block.kind in ("title", "heading")),
    )
    look.bulletFontName = _font()
    look.bulletFontSize = size
    return Paragraph("".join(_run(each) for each in block.runs), look, bulletText=block.mark or None)


def _run(run: Run) -> str:
    written = escape(run.words).replace("\n", "<br/>")
    # One weight is all that the font has: what is strong is underlined.
    written = f"<u>{written}</u>" if run.is_strong else written
    return f"{written} ({escape(run.href)})" if run.href and run.href != run.words else written


def _look(size: float, color: colors.Color, after: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        "words",
        fontName=_font(),
        fontSize=size,
        leading=size * 1.45,
        textColor=color,
        spaceAfter=after * mm,
        **more,
    )


def table(rows: Sequence[Sequence[Flowable]], widths: Sequence[float], *, headed: bool = True) -> Table:
    """Rows between hairlines; the first one is repeated on every page where it is a heading.

    `widths` are in millimetres; the one that is 0 takes what the others leave.
    """
    left_over = WIDTH - sum(widths) * mm
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
    columns = [width * mm or left_over for width in widths]
    return Table([list(row) for row in rows], colWidths=columns, repeatRows=int(headed), style=style)


def beside(left: Sequence[Flowable], right: Sequence[Flowable]) -> Table:
    """Two columns without lines."""
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    return Table([[list(left), list(right)]], colWidths=[WIDTH / 2, WIDTH / 2], style=style)


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

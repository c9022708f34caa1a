"""Lists as other programs write them: text in some encoding, with some sign between its columns. Pure."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SEPARATORS = ";,\t|"
_IN_BRACKETS = re.compile(r"[(\[].*?[)\]]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with the number of the line on which it ends."""

    number: int
    cells: list[str]

    def cell(self, place: int | None) -> str:
        return self.cells[place].strip() if place is not None and place < len(self.cells) else ""

    def joined(self, places: Sequence[int]) -> str:
        said = dict.fromkeys(filter(None, (" ".join(self.cell(place).split()) for place in places)))
        return " ".join(said)


def decoded(data: bytes) -> str:
    """The text of a file: UTF-16 with its mark or by its many zeros, UTF-8, or else Windows' Latin."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    head = data[:400]
    if head and head.count(0) > len(head) // 3:
        little = sum(1 for byte in head[1::2] if byte == 0) >= sum(1 for byte in head[::2] if byte == 0)
        return data.decode("utf-16-le" if little else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def rows(text: str, separator: str) -> Iterator[Row]:
    """Rows that hold something. What breaks the rules of such files ends the list."""
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(reader.line_num, cells)
    except csv.Error:
        return


def plain(heading: str) -> str:
    """A heading in small letters, without accents, units in brackets and signs between its words."""
    bare = unicodedata.normalize("NFKD", _IN_BRACKETS.sub("", heading).casefold())
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return re.sub("[^a-z0-9]+", " ", bare).strip()

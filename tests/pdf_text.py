"""What a document to print says, read from the file itself."""

import base64
import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_BLOCK = re.compile(rb"\bBT\b(.*?)\bET\b", re.DOTALL)
# A string that is shown, or the end of a line.
_SHOWN = re.compile(rb"\(((?:\\.|[^\\()])*)\) Tj|(T\*)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTER = re.compile(rb"<(\w\w)> <(\w{4})>")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(document: bytes) -> str:
    """All its text in the order in which it is drawn, a line for each paragraph."""
    assert document.startswith(b"%PDF-")
    streams = [_plain(raw) for raw in _STREAM.findall(document)]
    [letters] = [_letters(stream) for stream in streams if b"beginbfchar" in stream]
    blocks = [block for stream in streams for block in _BLOCK.findall(stream)]
    return "\n".join(filter(None, (_text(block, letters) for block in blocks)))


def _text(block: bytes, letters: dict[int, str]) -> str:
    shown = (b" " if line_ends else text for text, line_ends in _SHOWN.findall(block))
    return "".join(letters[code] for text in shown for code in _codes(text)).strip()


def _plain(raw: bytes) -> bytes:
    raw = raw.strip()
    if raw.endswith(b"~>"):
        raw = base64.a85decode(raw.removesuffix(b"~>"))
    try:
        return zlib.decompress(raw)
    except zlib.error:
        return raw


def _letters(cmap: bytes) -> dict[int, str]:
    """Which letter each number of the font's subset is."""
    return {int(code, 16): chr(int(letter, 16)) for code, letter in _LETTER.findall(cmap)}


def _codes(text: bytes) -> bytes:
    def meant(found: re.Match[bytes]) -> bytes:
        said = found[1]
        return bytes([int(said, 8)]) if said.isdigit() else _NAMED.get(said, said)

    return _ESCAPED.sub(meant, text)

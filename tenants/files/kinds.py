"""What a file is, by its content: what it is called, or said to be, is a claim."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

MARKUP = re.compile(r"^[\s\ufeff]*<|<(?:!doctype|html|svg|script|iframe|body)\b", re.IGNORECASE)
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
WORDS_OF_ALL = "a picture (PNG, JPEG or WebP), a PDF, a Word document, plain text, or sound (MP3 or M4A)"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken. Its content decides, and gives it the ending that it is kept with."""

    content_type: str
    endings: tuple[str, ...]
    is_it: Callable[[bytes], bool]

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")


def _png(content: bytes) -> bool:
    return content.startswith(b"\x89PNG\r\n\x1a\n")


def _jpeg(content: bytes) -> bool:
    return content.startswith(b"\xff\xd8\xff")


def _webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-")


def _mp3(content: bytes) -> bool:
    """With a tag in front, or a frame of layer III at once."""
    is_frame = len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2
    return content.startswith(b"ID3") or (is_frame and content[2] >> 4 not in (0, 15))


def _m4a(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in (b"M4A ", b"M4B ")


def _names_in_zip(content: bytes) -> list[str]:
    if not content.startswith(b"PK\x03\x04"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return packed.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def _docx(content: bytes) -> bool:
    """A Word document without macros."""
    names = _names_in_zip(content)
    return "word/document.xml" in names and not any(name.endswith("vbaProject.bin") for name in names)


def _zip(content: bytes) -> bool:
    return bool(_names_in_zip(content))


def _text(content: bytes) -> bool:
    """Readable, and no page: a browser that is told the wrong thing about it finds nothing to run."""
    try:
        words = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not NOT_TEXT.search(words) and not MARKUP.search(words)


PICTURES = (
    Kind("image/png", ("png",), _png),
    Kind("image/jpeg", ("jpg", "jpeg"), _jpeg),
    Kind("image/webp", ("webp",), _webp),
)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EVERYBODYS = (
    *PICTURES,
    Kind("application/pdf", ("pdf",), _pdf),
    Kind(DOCX, ("docx",), _docx),
    Kind("audio/mpeg", ("mp3",), _mp3),
    Kind("audio/mp4", ("m4a",), _m4a),
    Kind("text/plain", ("txt", "md", "csv"), _text),
)
ZIP = Kind("application/zip", ("zip",), _zip)
COACHS = (*EVERYBODYS, ZIP)


def kind_of(content: bytes, *, among: tuple[Kind, ...] = EVERYBODYS) -> Kind | None:
    """Which of these the content is; None for everything else, an empty file included."""
    return next((kind for kind in among if content and kind.is_it(content)), None)

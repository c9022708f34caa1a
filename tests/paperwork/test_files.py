"""Files from strangers: known by their content, harmless when they are given out again."""

import hashlib
import io
import zipfile
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from PIL import Image

from kit import clock
from kit.ids import uuid7
from tenants.files import keeping, serving
from tenants.files.kinds import DOCX
from tenants.files.models import LARGEST_BYTES, StoredFile
from tenants.registry.models import Tenant

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **saved: Any) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(drawn, kind, **saved)
    return drawn.getvalue()


def packed(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(name, "words")
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("me.png", picture(), "image/png"),
        ("me.jpeg", picture("JPEG"), "image/jpeg"),
        ("me.webp", picture("WEBP"), "image/webp"),
        ("plan.pdf", b"%PDF-1.7\n%words", "application/pdf"),
        ("plan.docx", packed("[Content_Types].xml", "word/document.xml"), DOCX),
        ("words.mp3", b"ID3\x04\x00\x00\x00", "audio/mpeg"),
        ("frames.mp3", b"\xff\xfb\x90\x44" + bytes(40), "audio/mpeg"),
        ("words.m4a", b"\x00\x00\x00\x20ftypM4A \x00\x00", "audio/mp4"),
        ("notes.txt", "Grüße, 5 < 6 and so on".encode(), "text/plain"),
    ],
)
def test_what_is_taken_is_known_by_its_content(name: str, content: bytes, content_type: str) -> None:
    checked = keeping.check(name=name, content=content)
    assert (checked.name, checked.content_type) == (name, content_type)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("me.png", HTML),
        ("me.png", SVG),
        ("me.svg", SVG),
        ("me.txt", HTML),
        ("me.txt", b"\xef\xbb\xbf <b>bold</b>"),
        ("me.txt", b"words first, then <ScRiPt>alert(1)</script>"),
        ("me.png", b"MZ\x90\x00\x03"),
        ("me.png", b"\x89PNG\r\n\x1a\n and then nothing of a picture"),
        ("me.jpg", b"\xff\xd8\xff" + HTML),
        ("me.gif", b"GIF89a" + bytes(20)),
        ("me.pdf", b""),
        ("files.zip", packed("a.txt")),
        ("macros.docx", packed("word/document.xml", "word/vbaProject.bin")),
        ("film.mp4", b"\x00\x00\x00\x20ftypavc1\x00\x00"),
        ("half.zip", b"PK\x03\x04 and nothing else"),
    ],
)
def test_what_is_not_taken_is_refused_in_a_sentence_that_names_it(name: str, content: bytes) -> None:
    with pytest.raises(keeping.FileRefused) as refused:
        keeping.check(name=name, content=content)
    assert f"“{name}”" in str(refused.value)
    assert str(refused.value).endswith(".")


def test_archives_are_the_coachs_alone() -> None:
    assert (
        keeping.check(name="all.zip", content=packed("a.txt"), from_coach=True).content_type
        == "application/zip"
    )
    with pytest.raises(keeping.FileRefused, match="one by one"):
        keeping.check(name="all.zip", content=packed("a.txt"))


def test_ten_megabytes_are_taken_and_no_byte_more() -> None:
    keeping.check(name="long.txt", content=b"a" * LARGEST_BYTES)
    with pytest.raises(keeping.FileRefused, match="larger than 10 MB"):
        keeping.check(name="long.txt", content=b"a" * (LARGEST_BYTES + 1))


def test_a_picture_that_would_fill_the_memory_is_not_drawn() -> None:
    with pytest.raises(keeping.FileRefused, match="cannot be read as a picture"):
        keeping.check(name="bomb.png", content=picture(size=(9000, 9000)))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("..", "file.txt"),
        ("", "file.txt"),
        ("notes.html", "notes.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie x=1.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.txt"),
        ("x" * 300 + ".txt", "x" * 134 + ".txt"),
        (".txt", "txt.txt"),
    ],
)
def test_a_name_is_only_a_name_with_an_ending_that_is_true(name: str, kept: str) -> None:
    assert keeping.check(name=name, content=b"words").name == kept


def test_a_picture_is_kept_without_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    exif[0x0112] = 6
    brought = picture("JPEG", exif=exif, comment=b"a secret place") + HTML
    checked = keeping.check(name="me.jpg", content=brought)
    assert b"secret" not in checked.content
    assert b"<html" not in checked.content
    with Image.open(io.BytesIO(checked.content)) as kept:
        assert not kept.getexif()
        assert kept.size == (30, 40), "what the camera only noted is done: it stands upright"


def test_a_picture_for_a_page_is_not_larger_than_a_page() -> None:
    checked = keeping.check_picture(name="me.png", content=picture(size=(3200, 1000)))
    with Image.open(io.BytesIO(checked.content)) as kept:
        assert kept.size == (1600, 500)
    with pytest.raises(keeping.FileRefused, match="not a picture"):
        keeping.check_picture(name="me.pdf", content=b"%PDF-1.7")


def test_it_is_kept_with_its_digest_and_who_brought_it(anna: Tenant) -> None:
    brought_by = uuid7()
    with tenant_context(anna):
        kept = keeping.store(name="n.txt", content=b"words", client_id=brought_by, now=clock.now())
        again = StoredFile.objects.get(pk=kept.pk)
        shown = keeping.picture(name="me.png", content=picture(), now=clock.now())
    assert bytes(again.content) == b"words"
    assert (again.size, again.client_id, shown.client_id) == (5, brought_by, None)
    assert again.digest == hashlib.sha256(b"words").hexdigest()


@pytest.mark.parametrize(
    ("content_type", "inline", "way"),
    [
        ("image/png", True, "inline"),
        ("image/png", False, "attachment"),
        ("application/pdf", True, "attachment"),
        ("text/plain", True, "attachment"),
    ],
)
def test_it_is_given_out_so_that_nothing_in_it_runs(content_type: str, inline: bool, way: str) -> None:
    file = StoredFile(name='my "plan" – final.txt', content_type=content_type, content=b"words")
    answer = serving.response(file, inline=inline)
    assert answer.headers["Content-Disposition"] == (
        f"{way}; filename=\"my _plan_ _ final.txt\"; filename*=UTF-8''my%20%22plan%22%20%E2%80%93%20final.txt"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Type"].startswith(content_type)

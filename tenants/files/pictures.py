"""Pictures are drawn anew: what else was in the file (place, camera, a second file behind it) stays out."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


class NotAPicture(Exception):
    """It cannot be drawn: damaged, or larger than any camera makes them."""


def redrawn(
    content: bytes, *, content_type: str, within: tuple[int, int] | None = None, saved_as: str = ""
) -> bytes:
    """The same picture, upright, without metadata, no wider and higher than that. Raises NotAPicture.

    `saved_as` is the content type that it gets, if not its own.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _drawn(content, FORMATS[content_type], within, FORMATS[saved_as or content_type])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise NotAPicture("damaged") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture("too large to draw") from error


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height, in pixels, of a picture that was drawn here."""
    with Image.open(io.BytesIO(content)) as opened:
        return opened.size


def _drawn(content: bytes, read_as: str, within: tuple[int, int] | None, written_as: str) -> bytes:
    # Only the decoder of what it was found to be is tried.
    with Image.open(io.BytesIO(content), formats=[read_as]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise NotAPicture("too large to draw")
        picture = ImageOps.exif_transpose(opened)
        picture = picture.convert("RGBA" if _is_seen_through(picture) else "RGB")
        if within:
            picture.thumbnail(within)
        bare = Image.new(picture.mode, picture.size)
        bare.paste(picture)
        if written_as == "JPEG" and bare.mode == "RGBA":
            bare = _on_white(bare)
        drawn = io.BytesIO()
        bare.save(drawn, written_as, **({} if written_as == "PNG" else {"quality": 88}))
        return drawn.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _is_seen_through(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info

"""Pictures are drawn anew: what else was in the file (place, camera, a second file behind it) stays out."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


class NotAPicture(Exception):
    """It cannot be drawn: damaged, or larger than any camera makes them."""


def redrawn(content: bytes, *, content_type: str, longest_side: int | None = None) -> bytes:
    """The same picture, upright, without metadata, with no side longer than that. Raises NotAPicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _drawn(content, FORMATS[content_type], longest_side)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise NotAPicture("damaged") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture("too large to draw") from error


def _drawn(content: bytes, picture_format: str, longest_side: int | None) -> bytes:
    # Only the decoder of what it was found to be is tried.
    with Image.open(io.BytesIO(content), formats=[picture_format]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise NotAPicture("too large to draw")
        picture = ImageOps.exif_transpose(opened)
        picture = picture.convert(
            "RGB" if picture_format == "JPEG" or not _is_seen_through(picture) else "RGBA"
        )
        if longest_side:
            picture.thumbnail((longest_side, longest_side))
        bare = Image.new(picture.mode, picture.size)
        bare.paste(picture)
        drawn = io.BytesIO()
        bare.save(drawn, picture_format, **({} if picture_format == "PNG" else {"quality": 88}))
        return drawn.getvalue()


def _is_seen_through(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info

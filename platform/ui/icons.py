from functools import lru_cache

import lucide
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


@lru_cache(maxsize=256)
def icon_svg(name: str, size: int = 20, label: str = "") -> SafeString:
    """The icon as inline SVG: silent beside words, or named by `label` when it stands alone.

    Raises lucide.IconDoesNotExist for a name that the set lacks.
    """
    svg = lucide._render_icon(name, size, **{"class": "icon", "focusable": "false"})
    naming = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return mark_safe(svg.replace("<svg", f"<svg {naming}", 1))  # noqa: S308 - package SVG, escaped label

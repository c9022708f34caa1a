"""What a coach of the demo sells by itself, with its terms and its files."""

from collections.abc import Mapping
from datetime import datetime

from demo.world import Shelved
from kit.actors import SYSTEM
from tenants.packs.models import PackOffer
from tenants.paperwork import papers
from tenants.paperwork.models import PaperKind
from tenants.shop import products


def stock(shelved: Shelved, *, packs: Mapping[str, PackOffer], now: datetime) -> None:
    """Put it on offer, by the use cases, inside the coach's tenant."""
    requires = []
    if shelved.terms:
        name, body = shelved.terms
        paper = papers.save(line=None, kind=PaperKind.AGREEMENT, name=name, body=body, now=now, actor=SYSTEM)
        requires.append(str(paper.line))
    pack_line = packs[shelved.pack].line if shelved.pack else None
    made = products.offer(now=now, requires=requires, pack_line=pack_line, **shelved.fields)
    for name, content in (shelved.files or {}).items():
        products.add_file(product_id=made.pk, name=name, content=content.encode(), now=now)

"""Papers as a CSV file for an accountant: each once, with its tax by rate, the cancelled ones too."""

import csv
import io
from collections.abc import Sequence

from kit.money import to_decimal
from tenants.billing.paper_list import Row
from tenants.billing.tax import by_rate, rate_in_words
from tenants.billing.tenders import tender_in_words
from tenants.earnings.export import harmless

BEFORE = ("Number", "Kind", "Date", "Payer", "Payer's VAT number", "For")
AFTER = ("Net", "Tax", "Gross", "Currency", "Due", "Paid by", "State", "Corrects", "Pays invoice")


def as_csv(rows: Sequence[Row]) -> str:
    """The file's text. Amounts are plain decimals in each paper's currency, below 0 on credit notes.

    A receipt for an invoice that stands in a row of its own names it, and bears no tax a second time.
    """
    rates = sorted({line.tax_bp for row in rows for line in row.lines if line.tax_bp}, reverse=True)
    file = io.StringIO()
    writer = csv.writer(file)
    of_rates = [f"{what} {rate_in_words(bp)}" for bp in rates for what in ("Net at", "Tax at")]
    writer.writerow([*BEFORE, *of_rates, *AFTER])
    writer.writerows(_row(row, rates) for row in rows)
    return file.getvalue()


def _row(row: Row, rates: Sequence[int]) -> list[object]:
    paper = row.document
    sums = {each.tax_bp: each for each in by_rate(row.lines)}

    def plain(minor: int) -> object:
        return to_decimal(minor, paper.currency)

    of_rates = [
        plain(minor)
        for bp in rates
        for minor in ((sums[bp].net_minor, sums[bp].tax_minor) if bp in sums else (0, 0))
    ]
    return [
        paper.label,
        row.kind,
        paper.issued_on.isoformat(),
        harmless(paper.payer.get("name", "")),
        harmless(paper.payer.get("vat_number", "")),
        harmless("; ".join(line.text for line in row.lines)),
        *of_rates,
        plain(paper.amount_minor - paper.tax_minor),
        plain(paper.tax_minor),
        plain(paper.amount_minor),
        paper.currency.upper(),
        paper.due_on.isoformat() if paper.due_on else "",
        tender_in_words(paper.tender),
        row.state,
        paper.corrects.label if paper.corrects else "",
        row.settles,
    ]

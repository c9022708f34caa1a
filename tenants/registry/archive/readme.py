"""What an archive says of itself, for whoever opens it: a coach, another platform, somebody in ten years."""

from tenants.registry.archive.contents import (
    DOMAINS,
    LEFT_OUT,
    MANIFEST,
    MEMBERS,
    PRACTICE,
    SHARED_LEFT_OUT,
    VERSION,
    own_tables,
    shared_tables,
)

TEXT = """\
# {name}: everything

This archive holds a whole practice. It can be restored on any instance of the platform, and read without one.
All of it was read in one transaction, so every part is of the same moment: `made_at` in `{manifest}`.

| Where | What |
|---|---|
| `people/` | Lists for a spreadsheet (CSV in UTF-8, times on the practice's clock), and documents (PDF). |
| `files/` | Every file that was uploaded, below its table and its key, under its own name. |
| `tables/` | Every table of the practice: JSON lines, one row a line, by their keys. |
| `shared/` | The practice's rows in the platform's shared tables, in the same form. |
| `{manifest}` | Format and version, the code's migrations, and of each file its SHA-256, size and rows. |

## How values are written

Version {version} of the format. Each line of a table is a JSON object with all its columns, as PostgreSQL
writes them:

- Amounts are whole numbers of the currency's smallest unit, in columns that end with `_minor`: 4500 of `eur`
  are 45.00 EUR. Rates are basis points, in columns that end with `_bp`.
- Moments are ISO 8601 in UTC to the microsecond. Ranges are text: `["2026-03-02 10:00:00+00","2026-03-02
  11:00:00+00")` holds its beginning and not its end.
- Keys are UUIDs, as text. A column that ends with `_id` names a row of another table by its key.
- Numbers with decimals are exact: read them as decimals, not as binary floating point.
- A column of bytes holds `{{"file": "files/…"}}`: the bytes are that file.

`{members}` says who works in the practice, by e-mail and without a password. `{domains}` says its hosts.

## Restoring it

`manage.py restore_tenant archive.zip` checks every SHA-256 first, and restores all of it or nothing. Members
sign in after they have set a new password. A domain of your own has to be proved again, since its DNS has to
lead to the new place. Links in mails that were sent before are signed by the old place and end there.

Stripe's account is named in `shared/connect_connectaccount.jsonl`. Payments go on with it only where the
platform behind the new place is connected to it.

## What is in it

{taken}

## What was left out, and why

Of no use elsewhere, or not the practice's own:

{left_out}

Passwords, second factors and sign-in sessions are in no archive. Treat this file as what it is: the names,
addresses and notes of all clients. Keep it encrypted, and delete it when you have no more need of it.
"""


def readme(name: str) -> str:
    """The text for a practice of this name."""
    tables = [f"- `{table.path}`" for table in (*own_tables(), *shared_tables())]
    reasons = {**LEFT_OUT, **SHARED_LEFT_OUT}
    return TEXT.format(
        name=" ".join(name.split()),
        manifest=MANIFEST,
        version=VERSION,
        members=MEMBERS,
        domains=DOMAINS,
        taken="\n".join([*tables, f"- `{PRACTICE}`", f"- `{DOMAINS}`", f"- `{MEMBERS}`"]),
        left_out="\n".join(f"- {label}: {reason}" for label, reason in reasons.items()),
    )

"""HTML that the simulator shows: one frame, a few words, no script."""

from html import escape

from babel.numbers import format_currency

from connect.simulator.money import exponent

STYLE = """
:root { color-scheme: light dark; --line: #d5d9e0; --soft: #5b6472; --ground: #f5f6f8; --card: #fff;
  --text: #1b2430; --act: #4338ca; --bad: #b42318 }
@media (prefers-color-scheme: dark) { :root { --line: #3a4250; --soft: #a6afbd; --ground: #12161c;
  --card: #1b212a; --text: #eef1f5; --act: #a5b4fc; --bad: #fda29b } }
* { box-sizing: border-box }
body { margin: 0; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 30rem; margin: 0 auto; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; padding: 1.25rem }
main.wide { max-width: 70rem; overflow-x: auto }
h1 { font-size: 1.25rem; margin: 0 0 .25rem } h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem }
.note { font-size: .875rem; color: var(--soft); margin: 0 0 1rem }
.amount { font-size: 1.75rem; font-weight: 600; margin: .5rem 0 1rem }
.problem { border-left: 4px solid var(--bad); color: var(--bad); padding: .25rem .75rem; margin: 0 0 1rem }
fieldset { border: 0; padding: 0; margin: 0 0 1rem } legend { padding: 0; font-weight: 600 }
label { display: flex; gap: .75rem; align-items: center; padding: .6rem 0; min-height: 2.75rem;
  border-bottom: 1px solid var(--line) }
label small { color: var(--soft); margin-left: auto; white-space: nowrap }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1rem; border-radius: .5rem; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: inherit }
button.main { width: 100%; border-color: var(--act); background: var(--act); color: var(--card) }
li { overflow-wrap: anywhere } ul { padding-left: 1.25rem }
a { color: var(--act) } form.inline { display: inline } form + form.stacked { margin-top: .5rem }
form.stacked button { width: 100% }
details { margin: 0 0 1rem } summary { cursor: pointer; padding: .6rem 0; min-height: 2.75rem }
table { border-collapse: collapse; width: 100%; font-size: .875rem }
th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-top: 1px solid var(--line);
  vertical-align: top }
td button, .row button { min-height: 2rem; padding: .15rem .6rem; margin: 0 .35rem .35rem 0 }
input[type=text], input[type=number], select { font: inherit; min-height: 2rem; padding: .15rem .4rem }
"""


def frame(title: str, body: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main{kind}>{body}</main></body></html>"
    )


def button(action: str, label: str, *, main: bool = False, inline: bool = False, **fields: object) -> str:
    """A form of one button; pages change things by POST only."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
        for name, value in fields.items()
    )
    kind = "inline" if inline else "stacked"
    weight = ' class="main"' if main else ""
    return (
        f'<form method="post" action="{escape(action)}" class="{kind}">{hidden}'
        f"<button{weight}>{escape(label)}</button></form>"
    )


def amount(minor: int, currency: str) -> str:
    return format_currency(minor / 10 ** exponent(currency), currency.upper(), locale="en_US")


def problem(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""

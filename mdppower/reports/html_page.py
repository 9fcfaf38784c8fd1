"""Reports of claims as one HTML file: a table of contents with verdicts, then a section a report, with its picture.

The file needs nothing else: no network, no scripts; style and pictures (PNG) are inside. Its content policy forbids
the browser to load anything, and every text that comes from outside is escaped, so that a state named ``<script>`` is
a name. Verdicts differ in word and shape, not in colour alone. Pages follow the reader's light or dark theme, but
pictures stay on white, as they are drawn for it. On paper, what is folded is open.

Reports are grouped by claim. Pictures are large: only the first 20, by interest, are drawn, and the page says so.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mdppower._text import count, rate_text
from mdppower.display.notebook import inline_picture
from mdppower.errors import MDPPowerError
from mdppower.reports.claim_picture import draw_claim
from mdppower.reports.words import (
    ALARM,
    MARKS,
    TITLE,
    about_items,
    by_claim,
    by_interest,
    findings,
    line,
    moves,
    phi_words,
    show,
    verdict_counts,
    where_text,
    why,
)
from mdppower.theorems.claim_report import ClaimReport, require_reports

MOST_PICTURES = 20
MOST_OPEN = 12
"""Rows of a list that is not folded."""
MOST_STATES = 5000
"""Of an MDP that is drawn."""
DPI = 110

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1f; --ground: #ffffff; --faint: #5c5c66; --line: #d4d4dc;
  --holds: #0a6b2d; --violated: #b3001b; --inconclusive: #7a5200; --na: #5c5c66; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ee; --ground: #17171b; --faint: #a8a8b4; --line: #3c3c46;
  --holds: #6fd08c; --violated: #ff8a96; --inconclusive: #f0c060; --na: #a8a8b4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 52rem; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 2px solid var(--line);
  padding-top: .6rem; } h3 { margin-top: 2rem; font-size: 1.1rem; } a { color: inherit; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top;
  padding: .25rem .5rem; border-bottom: 1px solid var(--line); } .wide { overflow-x: auto; }
dl.about { display: grid; grid-template-columns: minmax(6rem, 10rem) 1fr; gap: .1rem .8rem; }
dl.about dd { margin: 0; }
nav ul { list-style: none; margin: 0; padding: 0; } details table { width: auto; }
.badge { display: inline-block; padding: 0 .5em; border: 2px solid; border-radius: 1em; font-size: .9rem;
  font-weight: 600; white-space: nowrap; }
.holds { color: var(--holds); } .violated { color: var(--violated); border-radius: 0; border-width: 3px; }
.inconclusive { color: var(--inconclusive); border-style: dashed; } .na { color: var(--na); border-style: dotted; }
.alarm { border: 4px double var(--violated); padding: .6rem 1rem; font-weight: 700; }
.note, .reference { color: var(--faint); font-size: .9rem; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; background: #ffffff; padding: .4rem;
  border-radius: .3rem; } figcaption { color: var(--faint); font-size: .9rem; }
@media print { body { max-width: none; font-size: 10pt; } h2, h3 { break-after: avoid; }
  figure, tr { break-inside: avoid; } details::details-content { content-visibility: visible; height: auto; } }
"""


def to_html(
    reports: Iterable[ClaimReport],
    title: str = TITLE,
    about: Mapping[str, Any] | None = None,
) -> str:
    """Reports as one self-contained HTML page.

    Parameters
    ----------
    reports : iterable of ClaimReport
    title : str
    about : mapping, optional
        Facts of the run.

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> to_html([], "A < B").count("A &lt; B")
    2
    """
    found = list(dict.fromkeys(require_reports(reports)))  # each once: sections have names
    names = {id(one): f"r{k}" for k, one in enumerate(found, 1)}
    pictured = {id(one) for one in [one for one in by_interest(found) if _has_picture(one)][:MOST_PICTURES]}
    left = sum(map(_has_picture, found)) - len(pictured)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>",
        '<body id="top">',
        f"<header><h1>{escape(title)}</h1>",
        _about(about or {}),
        *(_paragraph(text) for text in findings(found)),
        _the_mdp(found),
        "</header>",
        _contents(found, names),
    ]
    if left > 0:
        told = f"Pictures are drawn for {len(pictured)} reports, the most interesting ones; {left:,} more have none."
        parts.append(f'<p class="note">{told}</p>')
    parts.append("<main>")
    for claim, group in by_claim(found).items():
        parts.append(f'<h2 id="{_anchor(names[id(group[0])])}">{escape(claim)}</h2>')
        parts += [_section(one, names[id(one)], id(one) in pictured) for one in group]
    return "\n".join([*parts, "</main></body></html>", ""])


def escape(text: str) -> str:
    """Text as HTML that shows it as it is, in quotes, too."""
    return html.escape(line(text))


def _anchor(name: str) -> str:
    """Of a claim, from that of its first report: labels and claims are no identifiers."""
    return f"claim-{name}"


def _about(about: Mapping[str, Any]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in about_items(about))
    return f'<dl class="about">{rows}</dl>' if rows else ""


def _paragraph(text: str) -> str:
    return f'<p class="alarm" role="alert">{escape(text)}</p>' if text.startswith(ALARM) else f"<p>{escape(text)}</p>"


def badge(verdict: str) -> str:
    """A verdict as a word, a sign and a border of its own."""
    kind = {"not applicable": "na"}.get(verdict, verdict)
    return f'<span class="badge {kind}">{MARKS[verdict]} {verdict.upper() if kind == "violated" else verdict}</span>'


def _the_mdp(found: Sequence[ClaimReport]) -> str:
    """Its picture, where all reports are about one MDP that can be drawn."""
    if len({id(one.mdp) for one in found}) != 1 or found[0].mdp.n_states > MOST_STATES:
        return ""
    picture = inline_picture(found[0].mdp)
    caption = f"The MDP: {count(found[0].mdp.n_states, 'state')}, {count(found[0].mdp.n_pairs, 'state-action pair')}."
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>" if picture else ""


# ---------------------------------------------------------------------- contents


def _contents(found: Sequence[ClaimReport], names: Mapping[int, str]) -> str:
    rows = []
    for claim, group in by_claim(found).items():
        told = [f"{badge(verdict)} × {n:,}" for verdict, n in verdict_counts(group).items() if n and len(group) > 3]
        link = f'<a href="#{_anchor(names[id(group[0])])}">{escape(claim)}</a>'
        links = [
            f'<li><a href="#{names[id(one)]}">{escape(where_text(one))}</a> {badge(one.verdict)}</li>'
            for one in by_interest(group)
        ]
        rows.append(f"<tr><td>{link}</td><td>{' '.join(told)}{_list(links, 'report')}</td></tr>")
    if not rows:
        return ""
    head = "<tr><th>claim</th><th>where, verdict</th></tr>"
    return f'<nav class="wide" aria-label="Contents"><table>{head}{"".join(rows)}</table></nav>'


def _list(items: Sequence[str], noun: str) -> str:
    """A list; what is long is folded after the first."""
    shown = f"<ul>{''.join(items[:MOST_OPEN])}</ul>"
    more = items[MOST_OPEN:]
    if not more:
        return shown
    return (
        f"{shown}<details><summary>and {count(len(more), 'more ' + noun)}</summary><ul>{''.join(more)}</ul></details>"
    )


# ---------------------------------------------------------------------- a report


def _section(one: ClaimReport, name: str, pictured: bool) -> str:
    rates = ", ".join(map(rate_text, one.gammas))
    parts = [
        f'<section id="{name}"><h3>{escape(one.claim)} at {escape(where_text(one))} {badge(one.verdict)}</h3>',
        f"<p>{escape(one.statement)}</p>",
        f'<p class="reference">{escape(one.reference)}{f". Tested at γ = {rates}" * bool(rates)}.</p>',
    ]
    if one.verdict in ("violated", "inconclusive", "not applicable"):
        parts.append(f"<p><strong>Why {one.verdict}:</strong> {escape(why(one))}</p>")
    if pictured:
        parts.append(_picture(one))
    if one.hypotheses:
        rows = [_item(h.status, h.name, h.detail) for h in one.hypotheses]
        parts.append(f"<h4>Hypotheses</h4>{_list(rows, 'condition')}")
    if one.phi is not None:
        parts.append(_phi(one))
    rows = [_item(f"{e.kind}, {e.outcome}", e.detail, "") for e in one.evidence]
    parts.append(f"<h4>Evidence</h4>{_list(rows, 'test') if rows else '<p>None.</p>'}")
    if one.strict is not None:
        parts.append(
            f"<p><strong>Strict part:</strong> side condition {one.strict.status}. {escape(one.strict.detail)}</p>"
        )
    for side, states in one.sides.items():
        parts.append(
            f"<details><summary>Side {escape(side)}: {count(len(states), 'state')}</summary>"
            f"<p>{escape(', '.join(map(show, states)))}</p></details>"
        )
    return "\n".join([*parts, '<p class="note"><a href="#top">to the top</a></p></section>'])


def _item(status: str, text: str, detail: str) -> str:
    return f"<li><em>{status}:</em> {escape(text)}{f' — {escape(detail)}' if detail else ''}</li>"


def _phi(one: ClaimReport) -> str:
    assert one.phi is not None
    pairs = moves(one.phi)
    if not pairs:
        return "<p>φ is the identity.</p>"
    rows = "".join(
        f"<tr><td>{escape(show(s))}</td><td>{'↔' if swap else '→'}</td><td>{escape(show(t))}</td></tr>"
        for s, t, swap in pairs
    )
    table = f"<table><tr><th>s</th><th></th><th>φ(s)</th></tr>{rows}</table>"
    is_long = len(pairs) > MOST_OPEN
    return (
        f"<details{'' if is_long else ' open'}><summary>φ is {escape(phi_words(one.phi, one.mdp))}</summary>{table}"
        "<p>Other states stay.</p></details>"
    )


def _has_picture(one: ClaimReport) -> bool:
    """Whether there is something to see: φ or sides. That a state has an outline is no picture."""
    return bool(one.phi or one.sides) and one.mdp.n_states <= MOST_STATES


def _picture(one: ClaimReport) -> str:
    try:
        figure = draw_claim(one)
    except MDPPowerError as error:  # too large a graph
        return f'<p class="note">No picture: {escape(str(error))}.</p>'
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    data = base64.b64encode(png.getvalue()).decode()
    alt = f"The MDP with {where_text(one)} marked"
    if one.phi is not None:
        alt += f"; arrows show φ: {phi_words(one.phi, one.mdp)}"
    for side, states in one.sides.items():
        alt += f"; {side}: {count(len(states), 'state')} hatched"
    return f'<figure><img alt="{escape(alt)}." src="data:image/png;base64,{data}"></figure>'

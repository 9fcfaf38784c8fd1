"""Reports of claims as one HTML file: a few sentences, the MDP, and all else folded away, a claim at a time.

What is read first is what a person would say (`mdppower.reports.first_page`). Each number of a claim leads to its
reports, which browsers unfold. Nothing is open but the sentences and one picture, so that the page is as long for a
hundred reports as for ten.

The file needs nothing else: no network, no scripts; style and pictures (PNG) are inside. Its content policy forbids
the browser to load anything, and every text that comes from outside is escaped, so that a state named ``<script>`` is
a name. Verdicts differ in word and shape, not in colour alone. Pages follow the reader's light or dark theme, but
pictures stay on white, as they are drawn for it. On paper, what is folded is open.

Pictures are large: only the first 20, by interest, are drawn, and the page says so.
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
from mdppower.reports.claim_picture import draw_claim, split_where
from mdppower.reports.claim_sentences import Sentence
from mdppower.reports.first_page import GLOSSARY, FirstPage, first_page
from mdppower.reports.names import action_named, heading, label_note, named, show
from mdppower.reports.permutation_words import moves, phi_words
from mdppower.reports.words import (
    MARKS,
    TITLE,
    about_items,
    by_claim,
    by_interest,
    count_text,
    line,
    verdict_counts,
    where_text,
    why,
)
from mdppower.theorems.claim_report import ClaimReport, require_reports
from mdppower.theorems.verification import Verification

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
body { margin: 0 auto; max-width: 48rem; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin: 1.6rem 0 .4rem; font-size: 1.15rem; }
h4 { margin: 1rem 0 .2rem; } a { color: inherit; } ul { margin: .2rem 0; padding-left: 1.2rem; }
li { margin: .3rem 0; } header li a, .verdict { white-space: nowrap; } summary { cursor: pointer; padding: .25rem 0; }
main > details { border-bottom: 1px solid var(--line); } main > details > summary { font-weight: 600; }
details details { margin-left: 1rem; } .body { margin: 0 0 1.2rem 1.2rem; }
table { border-collapse: collapse; } th, td { text-align: left; vertical-align: top;
  padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
dl.about { display: grid; grid-template-columns: minmax(6rem, 10rem) 1fr; gap: .1rem .8rem; }
dl.about dd { margin: 0; } figure.mdp img { max-height: 22rem; width: auto; }
@media (max-width: 30rem) { details details { margin-left: .3rem; } .body { margin-left: .4rem; } }
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
    given = reports if isinstance(reports, Verification) else tuple(reports)
    found = list(dict.fromkeys(require_reports(given)))  # each once: sections have names
    page = first_page(given if isinstance(given, Verification) else found)
    names = {id(one): f"r{k}" for k, one in enumerate(found, 1)}
    anchors = {claim: _anchor(names[id(group[0])]) for claim, group in by_claim(found).items()}
    pictured = {id(one) for one in [one for one in by_interest(found) if _has_picture(one)][:MOST_PICTURES]}
    left = sum(map(_has_picture, found)) - len(pictured)
    glossary = "".join(f"<li>{escape(text)}</li>" for text in GLOSSARY)
    note = label_note(found[0].mdp) if found else ""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>",
        '<body id="top">',
        f"<header><h1>{escape(title)}</h1>",
        f"<details><summary>How to read this page</summary><ul>{glossary}</ul></details>",
        f'<p class="note">{escape(note)}</p>' if note else "",
        *(f'<p class="alarm" role="alert">{escape(text)}</p>' for text in page.alarms),
        *(_part(page, name, sentences, anchors) for name, sentences in page.parts),
        "" if found else "<p>No claim was checked.</p>",
        _the_mdp(found),
        "</header>",
        "<main>",
    ]
    if found:
        parts.append(f"<h2>The claims, one by one</h2><p>{escape(count_text(found))}.</p>")
    if left > 0:
        told = f"Pictures are drawn for {len(pictured)} reports, the most interesting ones; {left:,} more have none."
        parts.append(f'<p class="note">{told}</p>')
    for claim, group in by_claim(found).items():
        badges = " ".join(
            f'<span class="verdict">{badge(verdict)}{f" × {n:,}" * (n > 1)}</span>'
            for verdict, n in verdict_counts(group).items()
            if n
        )
        parts.append(f'<details id="{anchors[claim]}"><summary>{escape(heading(group[0]))} {badges}</summary>')
        parts += [_section(one, names[id(one)], id(one) in pictured) for one in by_interest(group)]
        parts.append("</details>")
    parts.append(_about(about or {}))
    return "\n".join([*parts, "</main></body></html>", ""])


def _part(page: FirstPage, name: str, sentences: Sequence[Sentence], anchors: Mapping[str, str]) -> str:
    rows = []
    for one in sentences:
        links = "; ".join(f'<a href="#{anchors[claim]}">{escape(number)}</a>' for claim, number in page.numbers(one))
        rows.append(f"<li>{escape(one.text)}{f' ({links})' if links else ''}</li>")
    return f"<section><h2>{escape(name)}</h2><ul>{''.join(rows)}</ul></section>"


def escape(text: str) -> str:
    """Text as HTML that shows it as it is, in quotes, too."""
    return html.escape(line(text))


def _anchor(name: str) -> str:
    """Of a claim, from that of its first report: labels and claims are no identifiers."""
    return f"claim-{name}"


def _about(about: Mapping[str, Any]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in about_items(about))
    return f'<details><summary>The run</summary><dl class="about">{rows}</dl></details>' if rows else ""


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
    return f'<figure class="mdp">{picture}<figcaption>{caption}</figcaption></figure>' if picture else ""


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
    rates = f". Tested at γ = {', '.join(map(rate_text, one.gammas))}" * bool(one.gammas)
    parts = [
        f'<details id="{name}"><summary>{escape(_place(one))} {badge(one.verdict)}</summary><div class="body">',
        f"<p>{escape(one.statement)}</p>",
        f'<p class="reference">{escape(one.reference)} ({escape(one.claim)}){rates}.</p>',
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
    return "\n".join([*parts, '<p class="note"><a href="#top">to the top</a></p></div></details>'])


def _place(one: ClaimReport) -> str:
    """Where a report is: its states by name, its actions too."""
    if one.claim == "thm-6.13" or not one.where:
        return where_text(one)
    states, actions = split_where(one)
    names = [named(one.mdp, one.mdp.states[s]) for s in states] + [action_named(one.mdp, a) for _, a in actions]
    return ", ".join(names)


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
    return (
        f"<details><summary>φ is {escape(phi_words(one.phi, one.mdp))}</summary>{table}"
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

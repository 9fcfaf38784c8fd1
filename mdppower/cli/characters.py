r"""Text on terminals that cannot show it: each character that the encoding lacks is written in letters that all have.

γ becomes gamma, ≥ becomes >=, a wall of a map #; what has no such name becomes its code, \u5b50, so that two labels
that differ are told apart.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from typing import Any

HANDLER = "mdppower-in-letters"

IN_LETTERS = {
    "−": "-", "–": "-", "—": "-", "±": "+-", "×": "x", "·": "*", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=",
    "≈": "~", "→": "->", "←": "<-", "↔": "<->", "⟨": "<", "⟩": ">", "√": "sqrt", "∞": "inf", "∈": " in ", "⊆": " in ",
    "∪": " or ", "∩": " and ", "ℝ": "R", "½": "1/2", "¼": "1/4", "✓": "yes", "✗": "no", "█": "#", "▀": "^", "µ": "mu",
    "§": "section ", "‖": "||", "∅": "{}", "∇": "grad", "○": "o", "★": "*", "“": '"', "”": '"', "’": "'", "‘": "'",
    "\N{NO-BREAK SPACE}": " ", "•": "*",
}  # fmt: skip


def in_letters(character: str) -> str:
    r"""The character in ASCII.

    Examples
    --------
    >>> [in_letters(c) for c in "γΣ≥−²₁子"]
    ['gamma', 'Sigma', '>=', '-', '^2', '1', '\\u5b50']
    """
    if character in IN_LETTERS:
        return IN_LETTERS[character]
    name, parts = unicodedata.name(character, ""), unicodedata.decomposition(character).split()
    if name.startswith("GREEK") and " LETTER " in name and len(name.split()) == 4:
        word = name.split()[-1].lower()
        return word.capitalize() if "CAPITAL" in name else word
    if parts and parts[0] in ("<super>", "<sub>") and len(parts) == 2:
        plain = chr(int(parts[1], 16))
        plain = plain if plain.isascii() else IN_LETTERS.get(plain, "")
        if plain:
            return f"^{plain}" if parts[0] == "<super>" else plain
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _replace(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded, as `codecs.register_error` wants it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(in_letters, error.object[error.start : error.end])), error.end


class _Ascii(io.TextIOWrapper):
    """An ASCII stream that click leaves alone: one that says so it would take for a mistake, and write UTF-8."""

    def write(self, text: str) -> int:
        super().write(text.encode("ascii", HANDLER).decode("ascii"))
        return len(text)


def survive_any_encoding() -> None:
    """Make standard output and standard error take any text, whatever their encoding, and where they are closed."""
    codecs.register_error(HANDLER, _replace)
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:  # closed, as by >&- in a shell
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        if not isinstance(stream, io.TextIOWrapper):  # a test's, a notebook's
            continue
        if codecs.lookup(stream.encoding).name == "ascii":
            given: dict[str, Any] = {"line_buffering": stream.line_buffering, "write_through": stream.write_through}
            setattr(sys, name, _Ascii(stream.buffer, encoding="utf-8", errors=HANDLER, **given))
        else:
            stream.reconfigure(errors=HANDLER)

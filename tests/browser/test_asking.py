"""One question at a time: not stopped before its first look, or patience ends; of those that wait the newest is next.

The host is made up, so that its answers come when the test says so.
"""

from __future__ import annotations

import pytest

SCRIPT = """async (steps) => {
    const { asking } = await import("/page/asking.js")
    const told = []
    const runs = new Map()
    const host = {
        ask(question, onMessage) {
            told.push(`start ${question}`)
            runs.set(question, onMessage)
            return () => told.push(`stop ${question}`)
        },
    }
    const asker = asking(host, (m, q) => told.push(`look ${q} ${m.draws ?? m.error ?? m.note}`),
                         (q) => told.push(`end ${q}`), 50)
    for (const [what, question, message] of steps) {
        const doing = {
            ask: () => asker.ask(question), stop: () => asker.stop(), tell: () => runs.get(question)(message),
            wait: () => new Promise((done) => setTimeout(done, 100)),
        }
        await doing[what]()
    }
    return told
}"""


def look(question, **message):
    return ["tell", question, message]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([["ask", "A"], look("A", draws=16), look("A", draws=64), ["tell", "A", None]],
         ["start A", "look A 16", "look A 64", "end A"]),
        # B and C come before A's first look: A is not stopped until then, and B is never asked.
        ([["ask", "A"], ["ask", "B"], ["ask", "C"], look("A", draws=16), look("C", draws=16), ["tell", "C", None]],
         ["start A", "look A 16", "stop A", "start C", "look C 16", "end C"]),
        # A question that has shown something gives way at once, and is not heard any more.
        ([["ask", "A"], look("A", draws=16), ["ask", "B"], look("A", draws=64), look("B", draws=16)],
         ["start A", "look A 16", "stop A", "start B", "look B 16"]),
        # A note is no look; an error is one.
        ([["ask", "A"], look("A", note="compiling"), ["ask", "B"], look("A", error="no floor")],
         ["start A", "look A compiling", "look A no floor", "stop A", "start B"]),
        ([["ask", "A"], ["stop"], look("A", draws=16)], ["start A", "stop A"]),
        # Who waits longer than patience (here 50 ms) for a first look goes first, once.
        ([["ask", "A"], ["ask", "B"], ["ask", "C"], ["wait"], look("C", draws=16), ["wait"], ["tell", "C", None]],
         ["start A", "stop A", "start C", "look C 16", "end C"]),
        ([["ask", "A"], ["ask", "B"], ["stop"], ["wait"]], ["start A", "stop A"]),
    ],
)  # fmt: skip
def test_who_is_asked_and_stopped_when(modules, steps, told):
    assert modules.page.evaluate(SCRIPT, steps) == told

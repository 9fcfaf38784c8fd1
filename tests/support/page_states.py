"""The explorer's page in the states that its users see."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.explorer.page import Explorer


def states(explorer: Explorer, **fields: object) -> Iterator[tuple[str, Explorer]]:
    """The page in the states that its users see, each with a name; of the maze, or of what the fields say."""
    yield "as opened", explorer.open(**fields)
    explorer.tool("a").after(explorer.cell(0, 0).click)
    explorer.cell(2, 3).hover()
    explorer.cell(2, 3).click(modifiers=["Shift"])
    explorer.after(lambda: explorer.cell(4, 3).click(modifiers=["Shift"]))
    for id in ("text-python", "text-shell"):
        explorer.page.locator(f"details:has(#{id}) summary").click()
    yield "with marks, a pair, and texts", explorer
    explorer.after(explorer.control("pin").click)
    explorer.tool("#").after(explorer.cell(0, 3).click)
    yield "change since the pin", explorer
    explorer.after(explorer.control("view-optimality").check)
    yield "likely optimal actions", explorer
    explorer.after(explorer.control("view-power").check)
    explorer.after(explorer.control("sweep").click)
    explorer.page.locator(".chart details summary").click()
    yield "a sweep with its table", explorer
    explorer.control("law").fill("cauchy")
    explorer.control("law").press("Enter")
    explorer.page.wait_for_selector("#map.old")
    yield "an error", explorer

"""Pictures of POWER: a heat map where the MDP is a grid, bars with intervals elsewhere.

The only file that knows matplotlib, and through its object interface only: no global state, no window. Viridis is
legible for colour-blind readers and in grey; walls are a grey that is not on it.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError
from mdppower.power_estimate import PowerEstimate
from mdppower.terminal import cut, grid_of, is_drawing, number_texts

COLOURS = "viridis"
WALL = "#3b3b42"
SUFFIXES = (".png", ".svg", ".pdf")
MOST_BARS = 60
MOST_TEXTS = 2500
UNIT = "POWER (reward units)"


def plot_power(
    estimate: PowerEstimate,
    path: str | os.PathLike[str] | None = None,
    *,
    gamma: float | None = None,
    values: bool | None = None,
    share_scale: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw POWER: a heat map for each γ where the states lie on a grid, else bars with 95 % intervals.

    Parameters
    ----------
    estimate : PowerEstimate
    path : str or path, optional
        Where to save it; the suffix says how: .png, .svg, .pdf.
    gamma : float, optional
        Draw only this one of the estimate's rates.
    values : bool, optional
        Whether cells show their number; by default where it fits.
    share_scale : bool
        Whether several γ share one colour scale; by default each shows its own differences.
    title : str, optional
        In place of the rewards and the number of draws.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The suffix is another, the file cannot be written, or `gamma` is not one of the estimate's.
    """
    suffix = None if path is None else _suffix(path)
    rates = _rates(estimate, gamma)
    grid = None if is_drawing(estimate.mdp) else grid_of(estimate.mdp)
    figure = _bar_chart(estimate, rates) if grid is None else _heat_maps(estimate, rates, grid, values, share_scale)
    about = f"{estimate.samples:,} draws of {estimate.rewards.name} rewards"
    # Names of rewards and states are not mathematics, even where they contain a dollar sign.
    heading = textwrap.fill(title or f"POWER — {about}", int(12 * figure.get_figwidth()))
    figure.suptitle(heading, fontsize=11, parse_math=title is not None)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def _rates(estimate: PowerEstimate, gamma: float | None) -> list[int]:
    if gamma is None:
        return list(range(len(estimate.gammas)))
    if gamma not in estimate.gammas:
        known = ", ".join(f"{g:.15g}" for g in estimate.gammas)
        raise ParameterError(f"gamma {gamma!r} is not one of the estimate's: {known}")
    return [estimate.gammas.index(gamma)]


# ---------------------------------------------------------------------- heat maps


def _heat_maps(
    estimate: PowerEstimate, rates: Sequence[int], grid: np.ndarray, values: bool | None, share_scale: bool
) -> Figure:
    power, error = estimate.data.value, estimate.data.error
    rows, columns = grid.shape
    flat = columns >= 2 * rows
    # At most three side by side, in rows of equal length where that can be: four are two by two.
    down = len(rates) if flat else -(-len(rates) // 3)
    across = -(-len(rates) // down)
    inch = min(0.55 if max(rows, columns) > 4 else 1.1, 6 / columns, 8 / rows)  # of one cell
    wide, tall = inch * columns, inch * rows
    beside, below = (0.9, 1.6) if flat else (1.7, 1.1)  # for labels, title and colour bar
    size = (across * max(wide + beside, 3.3) + 0.3, down * (tall + below) + 0.5)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))
    FigureCanvasAgg(figure)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    assert estimate.mdp.layout is not None  # or there would be no grid
    top, left = estimate.mdp.layout.min(axis=0).tolist()
    extent = (left - 0.5, left + columns - 0.5, top + rows - 0.5, top - 0.5)
    for panel, g in zip(panels, rates, strict=False):
        norm = _scale(power[rates] if share_scale else power[g])
        finite = np.isfinite(power[g])
        panel.set_facecolor(WALL)
        shown = panel.imshow(
            np.ma.masked_where((grid < 0) | ~finite[grid], power[g][grid]),
            cmap=COLOURS, norm=norm, interpolation="nearest", extent=extent,
        )  # fmt: skip
        if not finite.all():
            odd = np.ma.masked_where((grid < 0) | finite[grid], grid)
            panel.imshow(odd, cmap=ListedColormap(["white"]), interpolation="nearest", extent=extent)
        spread = f"stderr up to {error[g].max():.2g}" if np.isfinite(error[g]).all() else "no stderr"
        odd_note = "" if finite.all() else "\nwhite: not finite"
        panel.set_title(f"γ = {estimate.gammas[g]:.15g}, {spread}{odd_note}", fontsize=10)
        _label_axes(panel)
        if values or (values is None and len(finite) <= MOST_TEXTS):
            text = number_texts(power[g])
            points = min(10.0, 72 * inch / (0.68 * max(map(len, text)) + 0.4))
            if values or points >= 5.5:
                _write_values(panel, estimate, text, power[g], norm, max(points, 1.0))
        if inch >= 0.2:
            _write_marks(panel, estimate, power[g], norm, inch)
        side = "bottom" if flat else "right"
        bar = figure.colorbar(shown, ax=panel, location=side, fraction=0.046, pad=0.03, aspect=20 + 10 * flat)
        bar.set_label(UNIT, fontsize=8)
        bar.ax.tick_params(labelsize=8)
        bar.ax.ticklabel_format(useOffset=False)
        bar.locator = MaxNLocator(nbins=5 if flat else 6, steps=[1, 2, 5, 10])
    for panel in panels[len(rates) :]:
        panel.set_visible(False)
    return figure


def _scale(power: FloatArray) -> Normalize:
    """From least to most; around the one value where all are equal, so that the colour bar can be read."""
    finite = power[np.isfinite(power)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = 0.0 if high > low else 0.05 * (abs(low) or 1.0)
    return Normalize(low - room, high + room)


def _label_axes(panel: Axes) -> None:
    for axis, name in ((panel.xaxis, "column"), (panel.yaxis, "row")):
        axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        axis.set_label_text(name, fontsize=8)
    panel.tick_params(labelsize=8)


def _ink(value: float, norm: Normalize) -> str:
    """Black on the light half of the scale, white on the dark half."""
    return "white" if float(norm(value)) <= 0.55 else "black"  # black, too, on the white of what is not finite


def _write_values(
    panel: Axes, estimate: PowerEstimate, text: Sequence[str], power: FloatArray, norm: Normalize, size: float
) -> None:
    assert estimate.mdp.layout is not None
    for s, (row, column) in enumerate(estimate.mdp.layout.astype(int).tolist()):
        ink = _ink(power[s], norm)
        panel.text(column, row, text[s], ha="center", va="center", fontsize=size, color=ink)


def _write_marks(panel: Axes, estimate: PowerEstimate, power: FloatArray, norm: Normalize, inch: float) -> None:
    """The letter, * or ~ of a cell in its upper left corner."""
    assert estimate.mdp.layout is not None
    for mark, where in estimate.mdp.marks.items():
        for s in where:
            row, column = estimate.mdp.layout[s].tolist()
            panel.text(
                column - 0.44, row - 0.44, mark, ha="left", va="top", fontsize=14 * min(inch, 0.6),
                fontweight="bold", color=_ink(power[s], norm), parse_math=False,
            )  # fmt: skip


# ---------------------------------------------------------------------- bars


def _bar_chart(estimate: PowerEstimate, rates: Sequence[int]) -> Figure:
    """Bars by state and γ; beyond `MOST_BARS` states, points in order of POWER at the last γ."""
    power = estimate.data.value
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    n = estimate.mdp.n_states
    inches = float(np.clip(0.3 * n * max(1.0, len(rates) / 2), 3.0, 8.0 if n > MOST_BARS else 12.0))
    figure = Figure(figsize=(inches + 2.5, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    colours = matplotlib.colormaps[COLOURS](np.linspace(0.1, 0.85, len(rates)))
    many = n > MOST_BARS
    order = np.argsort(-power[rates[-1]], kind="stable") if many else np.arange(n)
    width = 0.8 / len(rates)
    for k, g in enumerate(rates):
        at = np.arange(n) + (k - (len(rates) - 1) / 2) * width
        center = power[g][order]
        error = np.array([center - lower[g][order], upper[g][order] - center])
        name = f"γ = {estimate.gammas[g]:.15g}"
        if many:
            panel.errorbar(at, center, error, fmt=".", ms=3, lw=0.6, color=colours[k], label=name)
        else:
            panel.bar(at, center, width, color=colours[k], label=name)
            panel.errorbar(at, center, error, fmt="none", ecolor="black", elinewidth=1, capsize=2)
    if many:
        panel.set_xlabel(f"{n:,} states, from most to least POWER at γ = {estimate.gammas[rates[-1]]:.15g}")
    else:
        names = [cut(str(label), 24) for label in estimate.mdp.states]
        slanted = max(map(len, names)) * 0.09 > 0.9 * inches / n
        panel.set_xticks(
            np.arange(n), names, rotation=45 if slanted else 0, ha="right" if slanted else "center", parse_math=False
        )
        panel.set_xlabel("state")
    panel.set_ylabel(UNIT)
    panel.margins(x=0.02)
    intervals = "bars: 95 %, simultaneous" if np.isfinite(upper).all() else "no intervals: no variance"
    panel.legend(title=intervals, fontsize=8, title_fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


# ---------------------------------------------------------------------- files


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"a picture is saved as .png, .svg or .pdf; got {os.fspath(path)!r}")
    return suffix


def _save(figure: Figure, path: str | os.PathLike[str], suffix: str) -> None:
    # The same picture gives the same bytes: no date, no random identifiers.
    metadata = {".png": None, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[suffix]
    try:
        with matplotlib.rc_context({"svg.hashsalt": "mdppower"}):
            figure.savefig(path, dpi=150, metadata=metadata)
    except OSError as error:
        raise ParameterError(f"cannot write {os.fspath(path)!r}: {error.strerror or error}") from None

"""Pictures of POWER: a heat map where the MDP is a grid, bars with intervals elsewhere.

The only file that knows matplotlib, and through its object interface only: no global state, no window. Viridis is
legible for colour-blind readers and in grey; walls are a grey that is not on it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError
from mdppower.power_estimate import PowerEstimate
from mdppower.terminal import grid_of, is_drawing

COLOURS = "viridis"
WALL = "#3b3b42"
SUFFIXES = (".png", ".svg", ".pdf")
MOST_BARS = 60
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
    figure.suptitle(title or f"POWER — {about}", fontsize=11)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def _rates(estimate: PowerEstimate, gamma: float | None) -> list[int]:
    if gamma is None:
        return list(range(len(estimate.gammas)))
    if gamma not in estimate.gammas:
        known = ", ".join(f"{g:g}" for g in estimate.gammas)
        raise ParameterError(f"gamma {gamma!r} is not one of the estimate's: {known}")
    return [estimate.gammas.index(gamma)]


# ---------------------------------------------------------------------- heat maps


def _heat_maps(
    estimate: PowerEstimate, rates: Sequence[int], grid: np.ndarray, values: bool | None, share_scale: bool
) -> Figure:
    power, error = estimate.data.value, estimate.data.error
    rows, columns = grid.shape
    across = min(len(rates), 3 if columns <= 2 * rows else 1)
    down = -(-len(rates) // across)
    # A cell is .55 inch where the panel stays between 2.6 and 6 inches.
    wide = float(np.clip(0.55 * columns, 2.6, 6.0))
    tall = float(np.clip(wide * rows / columns, 1.2, 8.0))
    figure = Figure(figsize=(across * (wide + 1.5) + 0.3, down * (tall + 0.95) + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    drawn = power[rates]
    for panel, g in zip(panels, rates, strict=False):
        low, high = (drawn.min(), drawn.max()) if share_scale else (power[g].min(), power[g].max())
        norm = Normalize(low, high if high > low else low + 1e-9)
        image = np.ma.masked_where(grid < 0, power[g][grid])
        panel.set_facecolor(WALL)
        shown = panel.imshow(image, cmap=COLOURS, norm=norm, interpolation="nearest")
        spread = f", stderr up to {error[g].max():.2g}" if np.isfinite(error[g]).all() else ""
        panel.set_title(f"γ = {estimate.gammas[g]:g}{spread}", fontsize=10)
        top, left = (0, 0) if estimate.mdp.layout is None else estimate.mdp.layout.min(axis=0).astype(int)
        _label_axis(panel, int(top), int(left))
        inch = min(wide / columns, tall / rows)
        text = _cell_texts(power[g])
        size = min(10.0, 72 * inch / (0.68 * max(map(len, text[:1])) + 0.4))
        if values or (values is None and size >= 4.5 and len(text) <= 2500):
            _write_values(panel, grid, text, power[g], norm, size)
        if inch >= 0.25:
            _write_marks(panel, estimate, grid, power[g], norm, inch)
        bar = figure.colorbar(shown, ax=panel, fraction=0.046, pad=0.03)
        bar.set_label(UNIT, fontsize=8)
        bar.ax.tick_params(labelsize=8)
    for panel in panels[len(rates) :]:
        panel.set_visible(False)
    return figure


def _label_axis(panel: Axes, top: int, left: int) -> None:
    """Ticks say the row and the column of the map, not of the picture."""
    for axis, start in ((panel.xaxis, left), (panel.yaxis, top)):
        axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        axis.set_major_formatter(FuncFormatter(partial(_tick, start)))
    panel.set_xlabel("column", fontsize=8)
    panel.set_ylabel("row", fontsize=8)
    panel.tick_params(labelsize=8)


def _tick(start: int, x: float, _position: int) -> str:
    return f"{round(x) + start}" if x == round(x) else ""


def _cell_texts(power: FloatArray) -> list[str]:
    """Numbers with as many digits as tell the cells apart, all of one length or nearly so."""
    span = float(np.ptp(power))
    digits = 2 if span >= 0.1 else 3
    plain = power.min() >= 0 and power.max() < 0.9995
    return [f"{x:.{digits}f}"[1:] if plain else f"{round(x, digits) + 0.0:.{digits}f}" for x in power.tolist()]


def _ink(value: float, norm: Normalize) -> str:
    """Black on the light half of the scale, white on the dark half."""
    return "black" if float(norm(value)) > 0.55 else "white"


def _write_values(
    panel: Axes, grid: np.ndarray, text: Sequence[str], power: FloatArray, norm: Normalize, size: float
) -> None:
    for (r, c), s in np.ndenumerate(grid):
        if s >= 0:
            panel.text(c, r, text[s], ha="center", va="center", fontsize=size, color=_ink(power[s], norm))


def _write_marks(
    panel: Axes, estimate: PowerEstimate, grid: np.ndarray, power: FloatArray, norm: Normalize, inch: float
) -> None:
    """The letter, * or ~ of a cell in its upper left corner."""
    place = {int(s): (r, c) for (r, c), s in np.ndenumerate(grid) if s >= 0}
    for mark, where in estimate.mdp.marks.items():
        for s in where:
            r, c = place[s]
            panel.text(
                c - 0.44, r - 0.44, mark, ha="left", va="top", fontsize=14 * inch, fontweight="bold",
                color=_ink(power[s], norm),
            )  # fmt: skip


# ---------------------------------------------------------------------- bars


def _bar_chart(estimate: PowerEstimate, rates: Sequence[int]) -> Figure:
    """Bars by state and γ; beyond `MOST_BARS` states, points in order of POWER at the last γ."""
    power = estimate.data.value
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    n = estimate.mdp.n_states
    inches = float(np.clip(0.3 * n * max(1.0, len(rates) / 2), 3.0, 12.0))
    figure = Figure(figsize=(inches + 2.5, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    colours = matplotlib.colormaps[COLOURS](np.linspace(0.1, 0.85, len(rates)))
    many = n > MOST_BARS
    order = np.argsort(-power[rates[-1]], kind="stable") if many else np.arange(n)
    width = 0.8 / len(rates)
    for k, g in enumerate(rates):
        at = np.arange(n) + (0.0 if many else (k - (len(rates) - 1) / 2) * width)
        center = power[g][order]
        error = np.nan_to_num(np.array([center - lower[g][order], upper[g][order] - center]))
        name = f"γ = {estimate.gammas[g]:g}"
        if many:
            panel.errorbar(at, center, error, fmt=".", ms=3, lw=0.6, color=colours[k], label=name)
        else:
            panel.bar(at, center, width, color=colours[k], label=name)
            panel.errorbar(at, center, error, fmt="none", ecolor="black", elinewidth=1, capsize=2)
    if many:
        panel.set_xlabel(f"{n:,} states, from most to least POWER at γ = {estimate.gammas[rates[-1]]:g}")
    else:
        names = [str(label) for label in estimate.mdp.states]
        slanted = max(map(len, names)) * 0.09 > 0.9 * inches / n
        panel.set_xticks(np.arange(n), names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
        panel.set_xlabel("state")
    panel.set_ylabel(UNIT)
    panel.margins(x=0.02)
    panel.legend(
        title="bars: 95 %, simultaneous", fontsize=8, title_fontsize=8, loc="upper left", bbox_to_anchor=(1, 1)
    )
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

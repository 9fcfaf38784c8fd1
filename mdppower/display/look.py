"""How a picture looks is its user's choice: where it is drawn, its colours, its size.

What is not chosen is as matplotlib's settings (``rcParams``) have it: fonts, the colour map ``image.cmap``, styles
such as ``dark_background``. Where these are matplotlib's own, letters are a little smaller than there, since maps are
dense.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, TypedDict

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize, to_rgb
from matplotlib.figure import Figure

from mdppower._colours import luminance
from mdppower._quotes import quoted
from mdppower.display.figures import Picture
from mdppower.errors import ParameterError

NO_SCALE = "norm vmin vmax annotate colorbar"
"""What is not for pictures whose colours are names, of discount rates, say."""
SEEN = 3.0
"""Contrast of lines with the ground, at least."""


class LookOptions(TypedDict, total=False):
    """What all pictures take; see `Look`. Those that make no sense for a picture are refused by it, by name."""

    ax: Any
    cmap: str | Colormap | None
    norm: str | Normalize | None
    vmin: float | None
    vmax: float | None
    annotate: bool | None
    colorbar: bool
    figsize: tuple[float, float] | None
    dpi: float | None


@dataclass(frozen=True)
class Look:
    """What a user chose of the looks of a picture.

    Attributes
    ----------
    ax : Axes or array of Axes, optional
        Where to draw, one for each panel, instead of in a figure of its own. Then the picture has no title nor notes,
        but for `title` and for what warns, which stand over the first panel.
    cmap : str or Colormap, optional
        By default ``rcParams["image.cmap"]``; of differences "RdBu".
    norm : str or Normalize, optional
        From numbers to colours, such as "log"; of all panels.
    vmin, vmax : float, optional
        Ends of the colours, so that several pictures have one scale. What lies beyond has the colour of the end, and
        the colour bar a point.
    annotate : bool, optional
        Whether cells show their number; None: where it fits and nothing else is drawn there.
    colorbar : bool
        Whether there are colour bars.
    figsize : (float, float), optional
        Width and height in inches.
    dpi : float, optional
        Dots an inch; by default 150 in files.
    """

    ax: tuple[Axes, ...] | None = None
    cmap: Colormap | None = None
    norm: Normalize | None = None
    vmin: float | None = None
    vmax: float | None = None
    annotate: bool | None = None
    colorbar: bool = True
    figsize: tuple[float, float] | None = None
    dpi: float | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any], *, without: str = "", why: str = "") -> Look:
        """The options of a call.

        Parameters
        ----------
        options : mapping
        without : str
            Names of those that make no sense here, with blanks between them.
        why : str
            Of what that is so.

        Raises
        ------
        ParameterError
            One of them is unknown, makes no sense here, or is none.

        Examples
        --------
        >>> Look.of({"cmap": "magma", "vmin": 0}).cmap.name
        'magma'
        >>> Look.of({"vmin": 0}, without="vmin vmax", why="bars")
        Traceback (most recent call last):
        mdppower.errors.ParameterError: vmin is not for bars
        >>> Look.of({"colour": "red"}, without=NO_SCALE, why="bars")
        Traceback (most recent call last):
        mdppower.errors.ParameterError: a picture has no option 'colour'; it takes ax, cmap, figsize, dpi
        """
        known = [field.name for field in fields(cls) if field.name not in without.split()]
        for name, value in options.items():
            if name in without.split():
                if value is not None and not (name == "colorbar" and value is True):
                    raise ParameterError(f"{name} is not for {why}")
            elif name not in known:
                raise ParameterError(f"a picture has no option {name!r}; it takes {', '.join(known)}")
        given = {name: value for name, value in options.items() if name in known and value is not None}
        low, high = (_number(given.get(name), name) for name in ("vmin", "vmax"))
        if low is not None and high is not None and not low < high:
            raise ParameterError(f"vmin must be below vmax, got {low:g} and {high:g}")
        if "norm" in given and (low is not None or high is not None):
            raise ParameterError("norm has ends of its own: give vmin and vmax to it, or no norm")
        if "ax" in given and "figsize" in given:
            raise ParameterError("figsize is for a figure of ours: that of ax has a size")
        for name in ("annotate", "colorbar"):
            if not isinstance(given.get(name, True), (bool, np.bool_)):
                raise ParameterError(f"{name} must be True or False, got {quoted(given[name])}")
        return cls(
            ax=_axes(given.get("ax")), cmap=colour_map(given["cmap"]) if "cmap" in given else None,
            norm=_norm(given["norm"]) if "norm" in given else None, vmin=low, vmax=high,
            annotate=given.get("annotate"), colorbar=bool(given.get("colorbar", True)),
            figsize=_size(given.get("figsize")), dpi=_number(given.get("dpi"), "dpi", positive=True),
        )  # fmt: skip

    @property
    def colours(self) -> Colormap:
        """The colour map of numbers."""
        return self.cmap or colour_map(matplotlib.rcParams["image.cmap"])

    def panels(
        self, down: int, across: int, size: tuple[float, float], *, count: int | None = None,
        layout: Any = "constrained", **how: Any,
    ) -> list[Axes]:  # fmt: skip
        """Axes to draw in, row by row: those that were given, else those of a new figure of that size."""
        count = down * across if count is None else count
        if self.ax is not None:
            if len(self.ax) != count:
                raise ParameterError(f"this picture has {count} panel{'s' * (count != 1)}, and ax has {len(self.ax)}")
            return list(self.ax)
        figure = Picture(figsize=self.figsize or size, layout=layout, **({"dpi": self.dpi} if self.dpi else {}))
        panels: list[Axes] = figure.subplots(down, across, squeeze=False, **how).ravel().tolist()
        for panel in panels[count:]:
            panel.set_visible(False)
        return panels[:count]

    def panel(self, width: float, height: float, **how: Any) -> Axes:
        """The one panel of a picture."""
        return self.panels(1, 1, (width, height), **how)[0]

    def spread(self, count: int) -> Any:
        """(count, 4) colours that are told apart, of discount rates, say: of the part of the map that is seen.

        That has a contrast of 3 : 1 with the ground, which is asked of graphics (WCAG 2.2). In a map without such a
        part colours are as its user has it.
        """
        at = np.linspace(0.1, 0.95, 171)
        ground = luminance(np.array(to_rgb(matplotlib.rcParams["axes.facecolor"]))) + 0.05
        level = luminance(self.colours(at)) + 0.05
        seen = at[np.maximum(level / ground, ground / level) >= SEEN]
        part = seen if len(seen) >= 2 * count else at
        return self.colours(part[np.linspace(0, len(part) - 1, count).round().astype(int)])


PLAIN = Look()
"""Nothing is chosen."""


def points(setting: str, ours: float) -> float:
    """Size of letters: the user's, where they set one, else ours in proportion to their ``font.size``.

    Examples
    --------
    >>> with matplotlib.rc_context({"font.size": 20}):
    ...     points("axes.labelsize", 8)
    16.0
    >>> with matplotlib.rc_context({"axes.labelsize": 30}):
    ...     points("axes.labelsize", 8)
    30.0
    """
    from matplotlib.font_manager import FontProperties

    settings: Any = matplotlib.rcParams
    usual: Any = matplotlib.rcParamsDefault
    chosen = settings[setting]
    if chosen != usual[setting]:
        return float(FontProperties(size=chosen).get_size_in_points())
    return ours * float(settings["font.size"]) / float(usual["font.size"])


def named_legend(panel: Axes, handles: Sequence[Any], names: Sequence[str], **how: Any) -> None:
    """A legend whose names are no mathematics, and may begin with "_", which matplotlib takes for hidden ones."""
    small = points("legend.fontsize", 8)
    legend = panel.legend(
        handles, [str(k) for k in range(len(names))], fontsize=small, title_fontsize=small, loc="upper left",
        bbox_to_anchor=(1, 1), **how,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set(text=name, parse_math=False)


def figure_of(panel: Axes) -> Figure:
    """The whole figure that a panel is in."""
    figure: Any = panel.figure
    while not isinstance(figure, Figure):
        figure = figure.figure
    return figure


def colour_map(name: str | Colormap) -> Colormap:
    """A colour map by its name.

    Raises
    ------
    ParameterError
        There is none; with a near name.
    """
    if isinstance(name, Colormap):
        return name
    known = list(matplotlib.colormaps)
    if name not in known:
        import difflib

        near = difflib.get_close_matches(str(name), known, 3)
        hint = f"did you mean {', '.join(near)}?" if near else "viridis, magma, cividis and Greys are some"
        raise ParameterError(f"there is no colour map {quoted(name)}; {hint}")
    return matplotlib.colormaps[name]


def _norm(norm: Any) -> Normalize:
    if isinstance(norm, Normalize):
        return norm
    try:
        made: Any = ScalarMappable(norm=norm).norm
    except (ValueError, TypeError):
        from matplotlib.scale import get_scale_names

        raise ParameterError(
            f"norm must be a matplotlib Normalize or one of {', '.join(get_scale_names())}; got {quoted(norm)}"
        ) from None
    return made  # type: ignore[no-any-return]


def _axes(given: Any) -> tuple[Axes, ...] | None:
    if given is None:
        return None
    found = tuple(np.ravel(np.asarray(given, dtype=object)).tolist())
    wrong = [one for one in found if not isinstance(one, Axes)]
    if wrong or not found:
        raise ParameterError(
            f"ax must be matplotlib Axes, one or several, got {quoted(wrong[0] if wrong else given)}"
        )
    return found


def _number(value: Any, name: str, *, positive: bool = False) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or (positive and value <= 0):
        raise ParameterError(f"{name} must be a {'positive ' * positive}number, got {quoted(value)}")
    return float(value)


def _size(given: Any) -> tuple[float, float] | None:
    if given is None:
        return None
    if not isinstance(given, Sequence | np.ndarray) or isinstance(given, str) or len(given) != 2:
        raise ParameterError(f"figsize must be a width and a height in inches, got {quoted(given)}")
    wide, tall = (_number(side, "figsize", positive=True) for side in given)
    if wide is None or tall is None:
        raise ParameterError(f"figsize must be a width and a height in inches, got {quoted(given)}")
    return wide, tall

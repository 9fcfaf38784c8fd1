"""Options of pictures: what is drawn, and how it looks, in the words of `mdppower.display.look`."""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from mdppower.cli.group import tell
from mdppower.cli.headings import PICTURE, under
from mdppower.cli.options import check_output
from mdppower.errors import ParameterError

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP

SUFFIXES = (".png", ".svg", ".pdf")

_LOOKS = (
    click.option("--cmap", metavar="NAME", help="Matplotlib's colour map of that name, such as cividis."),
    click.option("--norm", metavar="NAME", help="From numbers to colours: log, symlog, …"),
    click.option("--vmin", type=float, help="The number at the lower end of the colours."),
    click.option("--vmax", type=float, help="The number at the upper end of the colours."),
    click.option("--annotate/--no-annotate", default=None, help="Numbers in cells."),
    click.option("--colorbar/--no-colorbar", default=None, help="With colour bars, as by default."),
    click.option("--figsize", metavar="W,H", help="Width and height in inches."),
    click.option("--dpi", type=float, help="Dots an inch. Default: 150."),
    click.option("--style", metavar="NAME", help="Matplotlib's style of that name: dark_background, …"),
)
_NAMES = ("cmap", "norm", "vmin", "vmax", "annotate", "colorbar", "figsize", "dpi", "style")
_POWER = (
    click.option("--line", "states", multiple=True, metavar="STATE", help="Lines over γ: a state. Repeatable."),
    click.option("--plane", "planes", multiple=True, metavar="NAME", help="Planes: a row of them. Repeatable."),
    click.option("--arrows", is_flag=True, help="The most POWER-seeking action of each cell."),
    click.option("--hatch", is_flag=True, help="Hatch what may be as great as the greatest."),
    click.option(
        "--scale", type=click.Choice(["linear", "rank", "relative"]),
        help="Colours by POWER, by rank, or in per cent of the average.",
    ),
    click.option("--share-scale", is_flag=True, help="One colour scale for all γ."),
)  # fmt: skip
KINDS = ("map", "planes", "bars", "lines", "graph")
JOINT_KINDS = ("maps", "cost", "scatter", "averages")
"""Of runs of two agents; as in `mdppower.display.joint_picture`, which is not imported for help."""
NO_SCALE = "norm vmin vmax annotate colorbar"
"""What is not for pictures whose colours are names; as in `mdppower.display.look`, which is not imported for help."""
_SWITCHES = ("annotate", "colorbar")
"""What can be turned off, too."""
POWER_NAMES = ("drawing", "states", "planes", "arrows", "hatch", "scale", "share_scale")


class Picture:
    """A picture that is asked for on the command line: where to, what, and how it looks.

    Attributes
    ----------
    out : str or None
        The file; None: there is no picture.
    options : dict
        What was given of the options of pictures, for ``plot``.
    style : str or None
    """

    def __init__(self, out: str | None, given: Mapping[str, Any], suffixes: tuple[str, ...]) -> None:
        asked = {
            name: value
            for name, value in given.items()
            if value is not None and value != () and (name in _SWITCHES or value is not False)
        }
        if out is None and asked:
            name, value = next(iter(asked.items()))
            raise ParameterError(f"--{spelled(name, value)} is for a picture: add --out FILE")
        check_output("--out", out, suffixes)
        self.out = out
        self.style: str | None = asked.pop("style", None)
        if "figsize" in asked:
            asked["figsize"] = _size(asked["figsize"])
        self.options = asked
        if self.style is not None:
            _require_style(self.style)
        looks = {name: value for name, value in asked.items() if name in _NAMES}
        if looks:  # what cannot be is said before anything is computed
            from mdppower.display.look import Look

            Look.of(looks)

    def foresee(self, mdp: RewardlessMDP, rates: int, on_pairs: bool = False) -> None:
        """Say of a picture of POWER what cannot be, before that is computed.

        Parameters
        ----------
        mdp : RewardlessMDP
        rates : int
            How many γ there will be.
        on_pairs : bool
            Whether pairs earn the rewards.

        Raises
        ------
        ParameterError
        """
        if self.out is None:
            return
        from mdppower.display.power_picture import planned

        options = self._named()
        if "states" in options and options.get("kind", "lines") != "lines":
            raise ParameterError("--line is for --kind lines")
        if "planes" in options and options.get("kind", "planes") != "planes":
            raise ParameterError("--plane is for --kind planes")
        planned(mdp, rates, os.path.splitext(self.out)[1].lower(), on_pairs=on_pairs, **options)

    def _named(self) -> dict[str, Any]:
        """The options as ``plot`` calls them."""
        return {"kind" if name == "drawing" else name: value for name, value in self.options.items()}

    def draw(self, plot: Callable[..., Any], *arguments: Any, **more: Any) -> None:
        """Draw and write it, where one is asked for, and say so."""
        if self.out is None:
            return
        with _styled(self.style):
            plot(*arguments, self.out, **more, **self._named())
        tell(f"wrote {self.out}", err=True)


def picture_options(
    *, power: bool = False, joint: bool = False, help: str = "", required: bool = False, without: str = ""
) -> Callable[[Any], Any]:
    """Add the options of a picture; the command gets them as one argument, `picture`.

    Parameters
    ----------
    power : bool
        Whether it is one of POWER: kinds, lines, arrows, scales, and .gif.
    joint : bool
        Whether it may be one of two agents, whose kinds are others.
    help : str
        Of --out.
    required : bool
        Whether there is no command without one.
    without : str
        Names of looks that make no sense for this picture, with blanks between them: the command does not have them.
    """
    suffixes = (*SUFFIXES, ".gif") if power else SUFFIXES
    told = help or f"Picture to write: {', '.join(suffixes[:-1])} or {suffixes[-1]}{' (a frame a γ)' * power}."
    looks = [option for name, option in zip(_NAMES, _LOOKS, strict=True) if name not in without.split()]
    names = (*(POWER_NAMES if power else ()), *(name for name in _NAMES if name not in without.split()))

    def decorate(command: Any) -> Any:
        @functools.wraps(command)
        def folded(*arguments: Any, **options: Any) -> Any:
            given = {name: options.pop(name, None) for name in names}
            out = options.pop("out", None)
            picture = options.pop("picture", None) or Picture(out, given, suffixes)
            return command(*arguments, picture=picture, **options)

        file = click.option("--out", type=click.Path(), required=required, help=told)
        for option in (file, *((_kind(joint), *_POWER) if power else ()), *looks)[::-1]:
            folded = under(PICTURE)(option)(folded)
        return folded

    return decorate


def _kind(joint: bool) -> Callable[[Any], Any]:
    two = " Of two agents: small maps, what A costs H, a scatter, averages." * joint
    return click.option(
        "--kind", "drawing", type=click.Choice([*KINDS, *(JOINT_KINDS if joint else ())]),
        help="Maps of grids, planes where states share cells, bars, lines over γ, graphs." + two,
    )  # fmt: skip


def spelled(name: str, value: Any = None) -> str:
    """An option as it is written, without the dashes before it."""
    written = {"states": "line", "planes": "plane", "drawing": "kind"}.get(name, name).replace("_", "-")
    return "no-" * (value is False) + written


def _size(text: str) -> tuple[float, float]:
    parts = text.replace("x", ",").split(",")
    try:
        wide, tall = map(float, parts)
    except ValueError:
        raise ParameterError(f"--figsize must be a width and a height in inches, such as 6,4; got {text!r}") from None
    return wide, tall


def _styled(name: str | None) -> Any:
    """Matplotlib's settings of a style, for a while."""
    import matplotlib
    from matplotlib import style

    return matplotlib.rc_context() if name is None else style.context(name)


def _require_style(name: str) -> None:
    """Refuse what is neither the name of a style nor a file of one: matplotlib would load it from the network."""
    from matplotlib import style

    if name in style.available or (name.endswith(".mplstyle") and os.path.isfile(name)):
        return
    near = difflib.get_close_matches(name, style.available, 2)
    hint = f"did you mean {' or '.join(near)}?" if near else "dark_background, ggplot and a file .mplstyle are some"
    raise ParameterError(f"--style: there is no style {name!r}; {hint}")

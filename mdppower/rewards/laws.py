"""The law of one state's reward, read from a string, a number or a frozen `scipy.stats` distribution.

Strings are a name and numbers, never code: ``"norm(0,1)"``. The arguments are SciPy's, with one exception that
avoids a trap: ``"uniform(a,b)"`` is uniform on [a, b] as everywhere else (SciPy's own is loc and scale; write
``uniform(loc=a,scale=w)`` for that).
"""

from __future__ import annotations

import ast
import difflib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._checks import LARGEST_REWARD
from mdppower._quotes import quoted
from mdppower._stop import stop_if_told
from mdppower._text import cut
from mdppower._typing import FloatArray
from mdppower.errors import MDPPowerWarning, RewardError
from mdppower.rewards.scipy_laws import Renamed, Tabulated, has_slow_inverse, is_new, renamed, tabulated
from mdppower.rewards.slow_laws import quickened

TOGETHER = ("goal", "avoid")
"""Names of laws of all states together, `mdppower.rewards.one_state`."""
LARGEST_FLOAT = float(np.finfo(np.float64).max)
AT_ONCE = 2**13
"""Numbers of which SciPy seeks the inverse before work that is to end is ended: some are 5 µs each."""


@dataclass(frozen=True, eq=False)
class Law:
    """The law of one number.

    Attributes
    ----------
    name : str
    low, high : float
        The ends of its support.
    mean, variance : float
        Infinite where they do not exist.
    is_discrete : bool
        Whether it has atoms; a constant has one.
    kind : {"constant", "uniform", "norm", "other"}
        How `ppf` goes about it.
    frozen : frozen scipy.stats distribution or None
        None for a constant.
    """

    name: str
    low: float
    high: float
    mean: float
    variance: float
    is_discrete: bool
    kind: str
    frozen: Any = None

    def ppf(self, uniforms: FloatArray) -> FloatArray:
        """Inverse CDF of an array of uniforms, which may be overwritten."""
        # The common laws skip SciPy's generic argument handling: fewer passes over the array.
        if self.kind == "uniform":
            uniforms *= self.high - self.low
            uniforms += self.low
            return uniforms
        if self.kind == "norm":
            from scipy.special import ndtri

            ndtri(uniforms, out=uniforms)
            uniforms *= np.sqrt(self.variance)
            uniforms += self.mean
            return uniforms
        if self.kind == "constant":
            return np.full_like(uniforms, self.mean)
        with np.errstate(all="ignore"):  # what is no number is refused where it is drawn
            try:
                return self._sought(uniforms)
            except RuntimeError as error:  # SciPy gives up
                raise RewardError(f"rewards {self.name}: no inverse of the distribution function: {error}") from None

    def _sought(self, uniforms: FloatArray) -> FloatArray:
        """SciPy's inverse CDF, which may be slow."""
        if uniforms.size <= AT_ONCE or isinstance(self.frozen, (Renamed, Tabulated)):
            return np.asarray(self.frozen.ppf(uniforms), dtype=np.float64)
        # SciPy goes through them one by one, in this order: by parts the bits are the same.
        flat, found = uniforms.ravel(), np.empty(uniforms.size)
        for begin in range(0, flat.size, AT_ONCE):
            stop_if_told()
            part = slice(begin, begin + AT_ONCE)
            found[part] = self.frozen.ppf(flat[part])
        return found.reshape(uniforms.shape)


def law(spec: Any) -> Law:
    """The law that a string, a number or a frozen `scipy.stats` distribution names.

    Parameters
    ----------
    spec : str, float, frozen scipy.stats distribution, or Law
        Also one of SciPy's new distributions, such as ``scipy.stats.Normal(mu=0, sigma=1)``. A family without
        an inverse CDF of its own is tabulated: `mdppower.rewards.scipy_laws`.

    Returns
    -------
    Law

    Raises
    ------
    RewardError
        It is none of these, or its parameters are out of range.

    Examples
    --------
    >>> law("uniform(-1,1)").mean, law("beta(2,5)").high, law(3).variance
    (0.0, 1.0, 0.0)
    """
    if isinstance(spec, Law):
        return spec
    if isinstance(spec, str) and spec.strip() in TOGETHER:
        raise RewardError(
            f"{spec.strip()!r} is the law of all states' rewards together, in which one state is drawn, and not of "
            f"one reward alone: write rewards={spec.strip()!r}"
        )
    if isinstance(spec, str):
        return law_of_frozen(_parse(spec), spec.strip())
    if isinstance(spec, (int, float, np.integer, np.floating)) and not isinstance(spec, bool):
        number: Any = spec.item() if isinstance(spec, np.generic) else spec
        if not abs(number) <= LARGEST_FLOAT:
            raise RewardError(f"a constant reward must be a finite number, got {quoted(spec)}")
        value = float(number)
        return Law(f"{value:g}", value, value, value, 0.0, True, "constant")
    if isinstance(spec, type):
        raise RewardError(f"{spec.__name__} is a class: give a law with its parameters, such as norm(0,1)")
    if hasattr(spec, "ppf") and hasattr(spec, "support") and hasattr(spec, "var"):
        return law_of_frozen(spec, None)
    if is_new(spec):
        try:
            old, name = renamed(spec)
        except (TypeError, ValueError) as error:
            raise RewardError(f"rewards {quoted(spec)}: {error}") from None
        return law_of_frozen(old, name)
    raise RewardError(
        f"{cut(repr(spec), 80)} is not the law of one reward: give a string, a number or a scipy.stats distribution "
        "with its parameters"
    )


def law_of_frozen(frozen: Any, text: str | None) -> Law:
    """The law of a frozen `scipy.stats` distribution, called `text` if that is given."""
    from scipy import stats

    name = text or _name_of(frozen)
    try:
        frozen = quickened(frozen, name)
    except RewardError:
        raise
    except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise RewardError(f"rewards {name}: {error}") from None
    sought = not isinstance(frozen, Tabulated) and has_slow_inverse(frozen)
    if sought:
        frozen = tabulated(frozen, name)
        sought = not isinstance(frozen, Tabulated)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            low, high = (float(x) for x in frozen.support())
            mean, variance = float(frozen.mean()), float(frozen.var())
            middle, upper = float(frozen.ppf(0.5)), float(frozen.ppf(0.75))
    except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise RewardError(f"rewards {name}: {error}") from None
    for one in caught:
        told = str(one.message).strip().split("\n")[0]
        if told.startswith("The shape parameter"):
            raise RewardError(f"rewards {name}: {told}")
        warnings.warn(f"rewards {name}: SciPy doubts their moments: {told}", MDPPowerWarning, stacklevel=3)
    if not np.isfinite(middle):
        raise RewardError(f"rewards {name}: parameters out of range")
    if sought and upper - middle <= 64 * np.spacing(
        abs(upper)
    ):  # SciPy would seek what floats cannot tell apart, for a tenth of a second each
        raise RewardError(
            f"rewards {name}: the median and the upper quartile are both about {middle:g}: in floating point, its "
            "spread is lost beside its size"
        )
    if not low <= middle <= upper <= high:
        raise RewardError(
            f"rewards {name}: SciPy's median {middle:g} and upper quartile {upper:g} are not in order within its "
            f"support, [{low:g}, {high:g}]"
        )
    for what, number in {
        "mean": mean,
        "median": middle,
        "upper quartile": upper,
        "end": low,
        "upper end": high,
    }.items():
        if LARGEST_REWARD < abs(number) < np.inf:
            raise RewardError(f"rewards {name}: the {what} is {number:g}, beyond ± {LARGEST_REWARD:g}")
    family = getattr(frozen, "dist", frozen)
    kinds = {type(stats.uniform): "uniform", type(stats.norm): "norm"}
    return Law(
        name,
        low,
        high,
        mean if np.isfinite(mean) else np.inf,
        variance if np.isfinite(variance) else np.inf,
        frozen.is_discrete if isinstance(frozen, Renamed) else not isinstance(family, stats.rv_continuous),
        kinds.get(type(family), "other"),
        frozen,
    )


def parameters_of(frozen: Any) -> dict[str, Any]:
    """The shapes of a frozen `scipy.stats` law by name, its loc and scale, and the name of its family.

    Examples
    --------
    >>> from scipy import stats
    >>> parameters_of(stats.binom(3, p=0.5, loc=1))
    {'loc': 1, 'scale': 1.0, 'n': 3, 'p': 0.5, 'family': 'binom'}
    """
    family = getattr(frozen, "dist", frozen)
    shapes = (getattr(family, "shapes", None) or "").replace(",", " ").split()
    given = dict(zip([*shapes, "loc", "scale"], getattr(frozen, "args", ()), strict=False))
    return {"loc": 0.0, "scale": 1.0} | given | getattr(frozen, "kwds", {}) | {"family": getattr(family, "name", "")}


def _name_of(frozen: Any) -> str:
    family = getattr(frozen, "dist", frozen)
    if hasattr(family, "xk"):
        return "discrete"
    args = [f"{x:g}" if isinstance(x, (int, float)) else str(x) for x in getattr(frozen, "args", ())]
    kwargs = [f"{k}={v}" for k, v in getattr(frozen, "kwds", {}).items()]
    parameters = ",".join(args + kwargs)
    return f"{getattr(family, 'name', 'law')}" + (f"({parameters})" if parameters else "")


def _parse(text: str) -> Any:
    """The frozen scipy.stats distribution that a string names; nothing but a name and numbers is understood."""
    from scipy import stats

    shape = f"rewards {quoted(text)} must be NAME or NAME(number, …) with a scipy.stats name, such as norm(0,1)"
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise RewardError(shape) from None
    call = tree if isinstance(tree, ast.Call) else ast.Call(func=tree, args=[], keywords=[])
    if not isinstance(call.func, ast.Name):
        raise RewardError(shape)
    name = call.func.id
    try:
        args = [float(ast.literal_eval(a)) for a in call.args]
        kwargs = {str(k.arg): float(ast.literal_eval(k.value)) for k in call.keywords}
    except (ValueError, TypeError, SyntaxError, RecursionError, OverflowError):
        raise RewardError(shape) from None
    family = getattr(stats, name, None)
    if not isinstance(family, (stats.rv_continuous, stats.rv_discrete)):
        names = [n for n in dir(stats) if isinstance(getattr(stats, n), (stats.rv_continuous, stats.rv_discrete))]
        near = difflib.get_close_matches(name, names, 1)
        raise RewardError(
            f"scipy.stats has no distribution {quoted(name)}" + (f"; did you mean {quoted(near[0])}?" if near else "")
        )
    if name == "uniform" and args and not kwargs:
        if len(args) != 2 or not args[0] < args[1]:
            raise RewardError(f"rewards {quoted(text)}: uniform(a, b) needs two numbers a < b")
        args = [args[0], args[1] - args[0]]
    misfit = _misfit(family, len(args), list(kwargs))
    if misfit:
        raise RewardError(f"rewards {quoted(text)}: {misfit}")
    try:
        return family(*args, **kwargs)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RewardError(f"rewards {quoted(text)}: {error}") from None


def _misfit(family: Any, unnamed: int, named: list[str]) -> str:
    """Why a family of SciPy's does not take so many parameters and these, which SciPy says of its own insides."""
    from scipy import stats

    shapes = family.shapes.split(", ") if family.shapes else []
    takes = [*shapes, "loc", *["scale"] * isinstance(family, stats.rv_continuous)]
    unknown = [one for one in named if one not in takes]
    twice = [one for one in named if one in takes[:unnamed]]
    missing = [one for one in shapes[unnamed:] if one not in named]
    if unknown:
        seen = f"{quoted(unknown[0])} is none of them"
    elif twice:
        seen = f"{twice[0]} is given twice"
    elif missing or unnamed > len(takes):
        seen = f"got {unnamed + len(named)}"
    else:
        return ""
    return f"parameters of {family.name} are {', '.join(takes)}; {seen}"

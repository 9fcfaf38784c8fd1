"""Options of pictures are those of ``plot``, and mistakes are found before anything is computed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

SMALL = ["--samples", "64", "--rng", "0"]


@pytest.mark.slow
def test_looks_reach_the_picture(run, tmp_path):
    out = tmp_path / "m.png"
    asked = ["--cmap", "Greys", "--figsize", "4,3", "--dpi", "50", "--no-colorbar", "--no-annotate", "--vmin", "0"]
    code, *_ = run("map", "open(2,3)", *SMALL, "--out", str(out), *asked, "--style", "dark_background")
    assert code == 0
    with Image.open(out) as drawn:
        assert drawn.size == (200, 150)
        pixels = np.asarray(drawn.convert("RGB")).astype(int)
    assert (pixels[0, 0] == 0).all()  # the style's ground
    assert (np.ptp(pixels, axis=-1) < 12).all()  # all is grey: the colour map, and no number on it


@pytest.mark.slow
def test_kinds(run, tmp_path):
    saved, gif, lines = (str(tmp_path / name) for name in ("m.nc", "m.gif", "l.png"))
    code, _, err = run("map", "open(2,3)", *SMALL, "--gamma", "0.1,0.9", "--out", gif, "--save", saved)
    assert (code, err.count("wrote")) == (0, 2)
    with Image.open(gif) as drawn:
        assert drawn.n_frames == 2
    assert run("plot", saved, "--kind", "lines", "--line", "0,0", "--line", "(1, 2)", "--out", lines)[0] == 0
    assert run("map", "fork(2)", *SMALL, "--kind", "graph", "--out", lines)[0] == 0
    assert run("show", "maze", "--out", lines)[0] == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--cmap", "virids", "--out", "x.png"], "there is no colour map 'virids'; did you mean viridis"),
        (["--style", "dark", "--out", "x.png"], "--style: there is no style 'dark'"),
        (["--style", "https://example.org/x.mplstyle", "--out", "x.png"], "--style: there is no style 'https:"),
        (["--vmin", "1", "--vmax", "0", "--out", "x.png"], "vmin must be below vmax, got 1 and 0"),
        (["--figsize", "3", "--out", "x.png"], "--figsize must be a width and a height in inches, such as 6,4"),
        (["--no-annotate"], "--no-annotate is for a picture: add --out FILE"),
        (["--line", "0,0"], "--line is for a picture: add --out FILE"),
        (["--vmax", "0"], "--vmax is for a picture: add --out FILE"),
        (["--line", "0,0", "--kind", "bars", "--out", "x.png"], "--line is for --kind lines"),
        (["--kind", "lines", "--gamma", "0.5", "--out", "x.png"], "lines go over several γ, or H, and there is one"),
        (["--kind", "bars", "--no-colorbar", "--out", "x.png"], "colorbar is not for bars"),
        (["--kind", "bars", "--out", "x.gif"], "it is for maps and graphs, not bars"),
        (["--kind", "graph", "--arrows", "--out", "x.png"], "arrows are for map; this picture is of kind 'graph'"),
        (["--norm", "log", "--scale", "rank", "--out", "x.png"], "norm is for scale='linear', not 'rank'"),
        (
            ["--arrows", "--rewards", "onpairs(uniform)", "--out", "x.png"],
            "these are optimal values of rewards on pairs",
        ),
        (["--kind", "lines", "--horizon", "5", "--out", "x.png"], "lines go over several γ, or H, and there is one"),
        (["--kind", "lines", "--line", "9,9", "--gamma", "0.1,0.5", "--out", "x.png"], "there is no state '9,9'"),
    ],
)
def test_mistakes_cost_nothing(run, asked, told, monkeypatch):
    monkeypatch.setattr("mdppower.measures.power.power", None)  # nothing is computed
    code, _, err = run("map", "open(2,3)", *asked)
    assert code == 2
    assert told in err


@pytest.mark.slow
@pytest.mark.parametrize("asked", [["--gamma", "0.1,0.9"], ["--horizon", "1,5"]])
def test_lines_go_over_all_that_is_asked_for(run, asked, tmp_path):
    # `map` measures and draws at once: what it foresees is a picture of as many rates as were given.
    out = tmp_path / "l.png"
    assert run("map", "fork(2)", *SMALL, *asked, "--kind", "lines", "--line", "root", "--out", str(out))[0] == 0
    assert out.exists()


@pytest.mark.parametrize(
    ("command", "never"),
    [
        (["show", "maze"], "--vmin"), (["sensitivity", "fork(2)"], "--vmin"), (["optimal", "maze"], "--annotate"),
        (["visits", "fork(2)", "--state", "root"], "--cmap"), (["curve", "--nu", "1"], "--norm"),
    ],
)  # fmt: skip
def test_commands_have_no_option_that_is_never_for_their_picture(run, command, never):
    assert never not in run(command[0], "--help")[1]
    value = [] if never == "--annotate" else ["1"]
    code, _, err = run(*command, never, *value, "--out", "x.png")
    assert code == 2
    assert "No such option" in err


def test_the_two_lists_of_looks_are_one():
    from mdppower.cli import pictures
    from mdppower.display import look

    assert pictures.NO_SCALE == look.NO_SCALE

"""Notebooks show pictures, and pyplot is never imported."""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import pytest

import mdppower as mp


def png_of(html):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', html)[1])


@pytest.mark.slow
def test_notebooks_show_pictures(maze):
    html = maze._repr_html_()
    assert png_of(html).startswith(b"\x89PNG")
    assert "<table>" in html
    lake = mp.from_gymnasium("CliffWalking-v1")
    html = lake._repr_html_()
    assert png_of(html).startswith(b"\x89PNG")
    assert "terminated: absorb" in html
    assert png_of(mp.envs.figure_1()._repr_html_())
    large = mp.envs.cycle(100)._repr_html_()
    assert "100 states" in large
    assert "img" not in large
    odd = mp.RewardlessMDP.from_successors({"<b>": {"&": "<b>"}})
    assert "<b>" not in odd._repr_html_()


def test_results_about_models_show_pictures():
    """The line, the picture, the table; and it says of whom it is a picture to who cannot see it."""
    fork = mp.envs.fork(2)
    copied = [mp.sensitivity.duplicate_state(fork, "t1")]
    for found, alt, cell in (
        (mp.sensitivity.difference(mp.envs.fork(3), fork, 0.9, method="exact"), "POWER in A less", "1/12"),
        (mp.sensitivity.sensitivity(fork, 0.9, transforms=copied, samples=64, rng=0), "changes of POWER", "rises"),
    ):
        html = found._repr_html_()
        assert png_of(html).startswith(b"\x89PNG")
        assert f'alt="{alt}' in html
        assert f"<td>{cell}</td>" in html


@pytest.mark.slow
def test_a_plot_is_shown_without_a_magic(maze):
    """What a notebook asks an object for; a figure of matplotlib's has it not, and appears as <Figure size …>."""
    fork, room = mp.envs.fork(3), mp.envs.make("open(2,3)")
    a, b = (mp.Option.state(fork, s, 0.9) for s in ("t1", "root"))
    figures = {
        "map": maze.plot(), "bars": mp.power(fork, 0.9, samples=64, rng=0).plot(),
        "numbers": maze.actions((0, 6)).plot(),
        "actions": mp.action_optimality(room, 0.9, samples=64, rng=0).plot(),
        "bars of actions": mp.action_optimality(fork, 0.9, samples=64, rng=0).plot(state="root"),
        "comparison": mp.compare(a, b, samples=64, rng=0).plot(),
        "models": mp.sensitivity.difference(fork, mp.envs.fork(2), 0.9, method="exact").plot(),
        "maps of models": mp.sensitivity.difference(room, room, 0.9, samples=64, rng=0).plot(),
        "polytope": mp.OccupancyPolytope(fork, "root", 0.9).plot(), "MDP": fork.plot(), "map of an MDP": room.plot(),
    }  # fmt: skip
    for name, figure in figures.items():
        assert figure._repr_png_().startswith(b"\x89PNG"), name
    from matplotlib.figure import Figure

    assert not hasattr(Figure(), "_repr_png_")  # control


@pytest.mark.slow
def test_pyplot_is_never_imported():
    code = "import sys, mdppower as mp; mp.power(mp.envs.fork(2), 0.5, samples=16).plot(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "matplotlib.figure" in loaded
    assert "matplotlib.pyplot" not in loaded


@pytest.mark.slow
def test_a_notebook_has_its_pictures_in_its_output():
    """Run for real, by a kernel: no magic, no pyplot. What is told of each output is what a reader sees."""
    import nbformat
    from nbclient import NotebookClient

    sources = [
        "import mdppower as mp",
        "estimate = mp.power(mp.envs.make('open(2,3)'), [0.5, 0.9], samples=64, rng=0)\nestimate.plot()",
        "estimate",
        "mp.envs.fork(2).plot(dpi=40)",
        "from matplotlib.figure import Figure\nFigure()",  # control: matplotlib's own, of which nothing is seen
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    shown = [cell.outputs[0].data if cell.outputs else {} for cell in book.cells]
    for k in (1, 3):
        assert base64.b64decode(shown[k]["image/png"]).startswith(b"\x89PNG")
    assert png_of(shown[2]["text/html"]).startswith(b"\x89PNG")
    assert "image/png" not in shown[4]
    assert shown[4]["text/plain"].startswith("<Figure size")

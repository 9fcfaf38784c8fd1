"""`mdppower verify`: what it prints, the reports that it writes, its exit statuses, and clear refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mdppower.cli.main import _run
from mdppower.theorems import verification
from mdppower.theorems.claim_report import Evidence

QUICK = ["--samples", "40", "--votes", "10", "--no-progress"]


def test_figure_1(capsys):
    """The table names the claim, where it applies, and φ; a summary in words follows."""
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "prop-6.6,prop-6.9.1", *QUICK]
    assert _run(args) == 0
    told = capsys.readouterr().out
    assert "prop-6.9.1" in told
    assert "star, ->r_tri, ->l_tri" in told
    assert "holds" in told
    assert "49 candidates" in told  # how far the search went


@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_reports(tmp_path, capsys, suffix):
    path = tmp_path / f"claims.{suffix}"
    args = ["verify", "turner-figure-10", "--gamma", "1", "--claims", "prop-B.1", "--out", str(path), *QUICK]
    assert _run(args) == 0
    text = path.read_text()
    assert "prop-B.1" in text
    if suffix == "json":
        assert json.loads(text)["reports"][0]["verdict"] == "holds"
    assert f"wrote {path}" in capsys.readouterr().err


def test_json_is_the_report(capsys):
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "cor-6.14", "--format", "json", *QUICK]
    assert _run(args) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["reports"][0]["claim"] == "cor-6.14"
    assert data["counts"]["violated"] == 0


def test_a_map_without_symmetry(capsys):
    assert _run(["verify", "maze", "--gamma", "0.5", "--claims", "prop-6.6", *QUICK]) == 0
    told = capsys.readouterr().out
    assert "No symmetry was found" in told
    assert "930 candidates: 0 found to apply, 930 proved not to" in told


def test_a_refuted_claim_is_exit_status_1(monkeypatch, capsys):
    """A report whose hypotheses are met, and which a test contradicts, put in the place of a true one."""
    real = verification.verify

    def broken(*args, **options):
        found = real(*args, **options)
        wrong = Evidence("pathwise", "contradicts", "put here by a test")
        report = replace(found[0], evidence=(*found[0].evidence, wrong))
        return replace(found, reports=(report,))

    monkeypatch.setattr(verification, "verify", broken)
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "prop-5.4", *QUICK]
    with pytest.raises(SystemExit) as end:
        _run(args)
    assert end.value.code == 1
    told = capsys.readouterr().out
    assert "violated" in told
    assert "VIOLATED" in told


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--claims", "prop-6.7"], "there is no claim 'prop-6.7'; did you mean"),
        (["--gamma", "1.5"], "gamma must be in [0, 1], got 1.5"),
        (["--most", "0"], "most must be a positive integer, got 0"),
        (["--seconds", "0"], "seconds must be a positive number, got 0"),
        (["--samples", "0"], "samples must be a positive integer, got 0"),
        (["--out", "claims.pdf"], "--out must end in .md, .html or .json, got 'claims.pdf'"),
    ],
)
def test_refusals(args, message, capsys):
    assert _run(["verify", "turner-figure-1", *QUICK, *args]) == 2
    assert message in capsys.readouterr().err

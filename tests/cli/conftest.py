"""The command line in a folder of its own."""

from __future__ import annotations

import pytest

from mdppower.cli import main as cli


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    (tmp_path / "my_map.txt").write_text("#####\n#a.*#\n#####\n")
    (tmp_path / "bad.toml").write_text("states = [")

    def command(*args):
        with pytest.raises(SystemExit) as end:
            cli.main(args)
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return command

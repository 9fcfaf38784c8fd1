# Sourced by the other scripts: a virtual environment in .venv with mdppower installed from this checkout.
# $1: the extra to install ("test"), or nothing.
extra="${1:-}"
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "mdppower needs Python 3.11 or newer; set PYTHON to one" >&2
    exit 1
}
# What was installed, and from which pyproject.toml: installing again takes seconds, so only when that changes.
stamp=".venv/.mdppower-${extra:-core}"
if [ ! -x .venv/bin/python ]; then
    echo "== making .venv"
    "$python" -m venv .venv
fi
if ! cmp -s pyproject.toml "$stamp"; then
    echo "== installing mdppower${extra:+[$extra]} (a few minutes the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".${extra:+[$extra]}"
    cp pyproject.toml "$stamp"
fi
export PATH="$PWD/.venv/bin:$PATH"
# Hundreds of processes import mdppower: its bytecode is kept, even where that is switched off outside.
unset PYTHONDONTWRITEBYTECODE

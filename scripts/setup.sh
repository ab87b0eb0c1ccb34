#!/bin/sh
# Makes .venv with everything the project needs, from a machine that may have only an old python3.
# Usage: scripts/setup.sh GROUP   (a dependency group of pyproject.toml: test or dev; dev when left out)
set -eu
cd "$(dirname "$0")/.."
group=${1:-dev}

fits() {
    # Run it: a pyenv shim may bear the name of a Python that is not there.
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" && { echo "$PYTHON"; return; }
        echo "setup: PYTHON=$PYTHON is not a Python between 3.12 and 3.14 with venv" >&2
        exit 2
    fi
    for name in python3 python3.13 python3.12 python3.14 python; do
        command -v "$name" >/dev/null 2>&1 && fits "$name" && { command -v "$name"; return; }
    done
    for minor in 13 12 14; do
        for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.$minor*/bin/python3 \
            /opt/homebrew/bin/python3.$minor /usr/local/bin/python3.$minor "$HOME"/.local/share/uv/python/cpython-3.$minor*/bin/python3; do
            [ -x "$path" ] && fits "$path" && { echo "$path"; return; }
        done
    done
    echo "setup: no Python from 3.12 to 3.14 found; install one, or name it: PYTHON=/path/to/python3 make test" >&2
    exit 2
}

# The stamp holds what was installed and for whom; it is written last, so a broken-off install is done again.
want=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)
stamp=.venv/.wiretape-$group
[ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null || :)" = "$want" ] && exit 0

if ! { [ -x .venv/bin/python ] && fits .venv/bin/python; }; then
    python=$(find_python)
    echo "setup: making .venv with $("$python" --version 2>&1) ($python)" >&2
    rm -rf .venv
    "$python" -m venv .venv
fi
echo "setup: installing wiretape, mitmproxy and the $group group into .venv" >&2
# pip 25.1 is the first that reads dependency groups.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' -c constraints.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[proxy]' --group "$group"
printf '%s\n' "$want" > "$stamp"

#!/bin/sh
# The tests of the examples, in an environment of their own: current FastAPI and pydantic, wiretape from its wheel, and no
# mitmproxy, as most apps have it. They replay; nothing but the package registry is asked.
# Usage: scripts/examples.sh [ARGUMENTS OF PYTEST]
#        scripts/examples.sh record    make the cassettes anew, against the stand-in
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
home=$root/build/examples
python=$home/bin/python
wanted=examples/helpdesk/requirements.txt

# The stamp is written last, so that a broken-off install is done again.
want=$(cat pyproject.toml $wanted scripts/examples.sh | cksum)
if ! { [ -x "$python" ] && [ "$(cat "$home/.stamp" 2>/dev/null || :)" = "$want" ]; }; then
    echo "examples: installing FastAPI, the SDK and wiretape into build/examples" >&2
    rm -rf "$home"
    .venv/bin/python -m venv "$home"
    "$python" -m pip install --quiet --disable-pip-version-check . -r $wanted
    printf '%s\n' "$want" > "$home/.stamp"
fi
# The wheel as it is now; its dependencies have not changed.
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
"$python" - <<'EOF'
import importlib.util
import pydantic

assert importlib.util.find_spec("mitmproxy") is None, "mitmproxy is not to be here"
assert tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 12), pydantic.VERSION
EOF

cd examples/helpdesk
if [ "${1:-}" != record ]; then
    exec "$python" -m pytest -q --wiretape=replay --wiretape-block-network "$@"
fi

ready=$home/standin.json
rm -f "$ready" tests/cassettes/*.cassette
"$root/.venv/bin/python" -m wiretape.addons.standin --ready-file "$ready" &
standin=$!
trap 'kill $standin' EXIT
while [ ! -e "$ready" ]; do
    kill -0 $standin
    sleep 0.1
done
url=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$ready")
"$python" -m pytest -q --wiretape=record tests/test_helpdesk.py \
    -o "wiretape_upstream=$url" -o "wiretape_recorder=$root/.venv/bin/python -m wiretape"

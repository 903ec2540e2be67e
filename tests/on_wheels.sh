#!/bin/sh
# Builds the wheels of the core and of every adapter, installs them in an environment of their own
# and runs all tests there but those with a real server, which have run already: what a user installs
# is what is tested. The two that are not even read need a browser's driver and Spark to be read.
set -eu
rm -rf "$WHEELS/dist"
mkdir -p "$WHEELS/dist"
for package in . "$@"; do
    "$BIN/python" -m build --no-isolation --wheel --outdir "$WHEELS/dist" "$package" >"$WHEELS/build.log" 2>&1 || {
        cat "$WHEELS/build.log" >&2
        exit 1
    }
done
test -x "$WHEELS/venv/bin/python" || "$PYTHON" -m venv "$WHEELS/venv"
pip="$WHEELS/venv/bin/python -m pip --quiet --disable-pip-version-check"
$pip install -c constraints.txt pip pytest pytest-xdist hypothesis syrupy sybil pyarrow aiosmtpd trustme html5lib httpx2 detect-secrets openapi-spec-validator
$pip uninstall --yes leercultuur-core $(for package in "$@"; do basename "$package"; done) 2>/dev/null || true
core=$(ls "$WHEELS"/dist/leercultuur_core-*.whl)
$pip install -c constraints.txt "$core[bulk,plan,postgresql,testing]" "$WHEELS"/dist/*.whl
"$WHEELS/venv/bin/python" -c '
import leercultuur_core, sys
assert "site-packages" in leercultuur_core.__file__, leercultuur_core.__file__
'
"$WHEELS/venv/bin/python" -m pytest -q -n auto --dist loadfile -m "not server" -p no:cacheprovider \
    --ignore-glob="*/test_browser.py" --ignore-glob="*/test_spark.py" tests plugins

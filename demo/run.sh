#!/usr/bin/env bash
# `make demo`: an environment of its own under .demo/, then demo/run.py. Everything else is explained there.
set -euo pipefail
cd "$(dirname "$0")/.."
export DEMO_STARTED; DEMO_STARTED=$(date +%s.%N)
python=${PYTHON:-python3}
venv=.demo/venv
mkdir -p .demo/logs

[ -d /proc/self ] || { echo "error: the demo needs Linux; it finds its processes in /proc" >&2; exit 1; }
"$python" - <<'CHECK' || exit 1
import sys
if not (3, 11) <= sys.version_info[:2] < (3, 14):
    sys.exit(f"error: Python 3.11, 3.12 or 3.13 is needed, this is {sys.version.split()[0]}; set PYTHON=python3.12 or the like")
CHECK

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  uv=.uv/bin/uv
  [ -x "$uv" ] || make --no-print-directory "$uv" PYTHON="$python"
fi

stamp=$venv/.installed
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ constraints.txt -nt "$stamp" ]; then
  echo "   0 s  … installing into $venv"
  if ! { "$uv" venv -q --allow-existing --python "$python" "$venv" \
    && VIRTUAL_ENV="$PWD/$venv" "$uv" pip install -q -c constraints.txt -e '.[demo]'; } >.demo/logs/install.log 2>&1; then
    echo "error: the installation failed. The end of .demo/logs/install.log:" >&2
    tail -n 15 .demo/logs/install.log >&2
    exit 1
  fi
  touch "$stamp"
fi
PYTHONPATH=.:dags exec "$venv/bin/python" -m demo.run

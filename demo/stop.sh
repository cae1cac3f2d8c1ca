#!/usr/bin/env bash
# `make demo-stop`: ends what `make demo` started.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHONPATH=. exec "${PYTHON:-python3}" -m demo.stop

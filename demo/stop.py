"""``make demo-stop``: end the demo's Airflow, its local Slack and all they started."""

from __future__ import annotations

from demo.processes import stop
from demo.settings import PLACES


def main() -> None:
    ended = stop(PLACES.processes)
    print(f"Stopped: {ended} processes ended. Data and logs stay in {PLACES.root}" if ended else "No demo is running")


if __name__ == "__main__":
    main()

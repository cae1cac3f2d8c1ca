"""How reliable something is that works by itself: tasks that succeed, time between failures, alerts in time."""

from __future__ import annotations

"""Quality that somebody or something has to judge: by score columns, by a callable, by people."""

from __future__ import annotations

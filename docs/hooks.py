"""Makes the site of these pages: files of the repository that they link to come along, each on a page of its own."""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

_LINK = re.compile(r"\]\((\.\./[^)#\s]+)\)")
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each file outside that a page links to."""
    for page in files.documentation_pages():
        for target in _LINK.findall(Path(page.abs_src_path or "").read_text(encoding="utf-8")):
            outside = _outside(page.src_uri, target)
            if outside and files.get_file_from_path(_page_of(outside)) is None:
                files.append(_source(outside, config))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links to such files to their pages."""
    here = page.file.src_uri

    def lead(found: re.Match[str]) -> str:
        outside = _outside(here, found.group(1))
        return f"]({relpath(_page_of(outside), str(Path(here).parent))})" if outside else found.group(0)

    return _LINK.sub(lead, markdown)


def _outside(page: str, target: str) -> str:
    """A file of the repository outside ``docs``, from its root; empty for any other link."""
    path = normpath(f"docs/{Path(page).parent}/{target}")
    return path if not path.startswith(("docs/", "..")) and Path(path).is_file() else ""


def _page_of(path: str) -> str:
    return f"source/{path}.md"


def _source(path: str, config: Any) -> File:
    text, language = Path(path).read_text(encoding="utf-8"), _LANGUAGES.get(Path(path).suffix, "text")
    head = "---\nsearch: {exclude: true}\n---\n\n"
    body = text if path.endswith(".md") else f"# {path}\n\n````{language}\n{text}\n````\n"
    made = File.generated(config, _page_of(path), content=head + body)
    made.inclusion = made.inclusion.NOT_IN_NAV
    return made

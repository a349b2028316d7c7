"""The files of the page, as they are served: kept in memory, always validated, and whole."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ETag, hdrs, web
from yarl import URL

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
OFFLINE = ("offline.html", "offline.css", "offline.js")
"""What the service worker keeps in a browser, to be shown where the course can't be reached."""
VERSION = b"{{version}}"
PREVIEW = b"<!-- preview -->"
PREVIEW_SIZE = (1200, 630)
"""Pixels of link-preview.png. Open Graph: a messenger leaves room for it before it has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A file of the page: all of them together are smaller than a photograph."""

    content: bytes
    compressed: bytes
    content_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, suffix: str) -> "PageFile":
        """Prepare what is to be served as a file whose name ends so."""
        content_type = TYPES[suffix]
        return cls(
            content=content,
            # A PNG is compressed already.
            compressed=b"" if suffix == ".png" else gzip.compress(content),
            content_type=content_type,
            etag=_digest(content),
        )

    def response(self, request: web.Request, *, status: int = 200) -> web.Response:
        """Answer a request with it, or with word that the browser has it already."""
        # Always validated, never guessed: after an update nobody runs half of an old page.
        headers = {hdrs.CACHE_CONTROL: "private, no-cache", hdrs.VARY: hdrs.ACCEPT_ENCODING}
        known = request.if_none_match or ()
        if status == 200 and any(etag.value == self.etag for etag in known):
            response = web.Response(status=304, headers=headers)
        else:
            accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "")
            zipped = bool(self.compressed) and "gzip" in accepted
            if zipped:
                headers[hdrs.CONTENT_ENCODING] = "gzip"
            response = web.Response(
                status=status,
                body=self.compressed if zipped else self.content,
                content_type=self.content_type,
                charset=None if self.content_type == "image/png" else "utf-8",
                headers=headers,
            )
        if status == 200:
            # Weak: the same file may travel compressed or not.
            response.etag = ETag(self.etag, is_weak=True)
        return response


def read_page(folder: Path, public: URL | None) -> Mapping[str, PageFile]:
    """Read the files of the page by their names.

    Args:
        folder: where they are.
        public: the address at which people reach the page, if they are not all on this computer:
            messengers ask there for the picture that they show beside a link.
    """
    paths = [
        path
        for path in folder.iterdir()
        # Beside each file macOS may leave one named ._like it.
        if path.suffix in TYPES and path.is_file() and not path.name.startswith(".")
    ]
    contents = {path.name: path.read_bytes() for path in paths}
    version = _digest(b"".join(contents[name] for name in OFFLINE))
    contents["sw.js"] = contents["sw.js"].replace(VERSION, version.encode())
    preview = _preview(public).encode() if public else b""
    contents["index.html"] = contents["index.html"].replace(PREVIEW, preview)
    return {path.name: PageFile.of(contents[path.name], path.suffix) for path in paths}


def _preview(public: URL) -> str:
    """Word what only a page with a public address can say. Source: ogp.me."""
    width, height = PREVIEW_SIZE
    said = {
        "og:url": public.with_path("/"),
        "og:image": public / "link-preview.png",
        "og:image:width": width,
        "og:image:height": height,
    }
    return "".join(f'<meta property="{name}" content="{value}">' for name, value in said.items())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]

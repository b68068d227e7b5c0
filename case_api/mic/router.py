"""Serves the phone page at `/mic`: the shell needs no sign-in, everything it calls does.

Every file but the page itself lives under `/mic/v/<version>/…`, where the version is a hash of the whole shell: a phone
keeps the files for ever, and a new release arrives as one consistent set, never as a mixture of old and new modules.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
REVALIDATE = "no-cache"
FOR_EVER = "public, max-age=31536000, immutable"
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes  # the same, gzipped
    media_type: str
    etag: str

    @classmethod
    def of(cls, body: bytes, suffix: str) -> Asset:
        return cls(body, gzip.compress(body, mtime=0), MEDIA_TYPES[suffix], f'W/"{hashlib.sha256(body).hexdigest()[:20]}"')


@dataclass(frozen=True, slots=True)
class Shell:
    """The whole page, read once. `page` and `worker` name the version; `files` are keyed by their path below `static/`."""

    version: str
    page: Asset
    worker: Asset
    files: dict[str, Asset]


def load_shell(static: Path = STATIC) -> Shell:
    bodies = {p.relative_to(static).as_posix(): p.read_bytes() for p in sorted(static.rglob("*")) if p.suffix in MEDIA_TYPES}
    version = hashlib.sha256(b"".join(name.encode() + b"\0" + body for name, body in bodies.items())).hexdigest()[:12]
    page = bodies.pop("index.html").replace(b"{{version}}", version.encode())
    worker = bodies.pop("sw.js").replace(b"{{version}}", version.encode())
    worker = worker.replace(b'"{{files}}"', json.dumps([f"/mic/v/{version}/{name}" for name in bodies]).encode())
    files = {name: Asset.of(body, Path(name).suffix) for name, body in bodies.items()}
    return Shell(version, Asset.of(page, ".html"), Asset.of(worker, ".js"), files)


def content_security_policy(host: str) -> str:
    """No inline script or style, nothing from elsewhere. The socket is named in full: older Safari does not count it as 'self'."""
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def reply(request: Request, asset: Asset, cache: str, extra: dict[str, str] | None = None) -> Response:
    """The file, packed where the browser takes that; 304 where it has it."""
    headers = {"ETag": asset.etag, "Cache-Control": cache, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"} | (extra or {})
    if asset.etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def mic_router(shell: Shell | None = None) -> APIRouter:
    """Routes `/mic`, `/mic/sw.js` and `/mic/v/{version}/{path}`; no sign-in, not part of the API's schema."""
    shown = shell or load_shell()
    router = APIRouter(include_in_schema=False)

    @router.api_route("/mic", methods=["GET", "HEAD"])
    @router.api_route("/mic/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        policy = {
            "Content-Security-Policy": content_security_policy(request.headers.get("host", "")),
            "Permissions-Policy": "microphone=(self), screen-wake-lock=(self)",
            "Referrer-Policy": "no-referrer",
        }
        return reply(request, shown.page, REVALIDATE, policy)

    @router.api_route("/mic/sw.js", methods=["GET", "HEAD"])
    async def worker(request: Request) -> Response:
        return reply(request, shown.worker, REVALIDATE, {"Service-Worker-Allowed": "/mic"})

    @router.api_route("/mic/v/{version}/{path:path}", methods=["GET", "HEAD"])
    async def file(request: Request, version: str, path: str) -> Response:
        # A page opened before a release may still ask for its worklet by the old version: it gets today's, uncached.
        asset = shown.files.get(path)
        if asset is None:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return reply(request, asset, FOR_EVER if version == shown.version else REVALIDATE)

    return router

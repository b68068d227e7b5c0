"""Serves the customer's page at `/form`: one file each of HTML, CSS and JavaScript, about eleven kilobytes together.

The page itself needs no token; everything it asks for does. The token stands behind `#` in the address and never reaches this route.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from case_api.mic.router import FOR_EVER, REVALIDATE, Asset, reply

STATIC: Final = Path(__file__).parent / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_router() -> APIRouter:
    """Routes `/form` and `/form/v/{version}/{name}`; not part of the API's schema."""
    bodies = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir())}
    version = hashlib.sha256(b"".join(bodies.values())).hexdigest()[:12]
    page = Asset.of(bodies.pop("index.html").replace(b"{{version}}", version.encode()), ".html")
    files = {name: Asset.of(body, Path(name).suffix) for name, body in bodies.items()}
    router = APIRouter(include_in_schema=False)

    @router.api_route("/form", methods=["GET", "HEAD"])
    async def shown(request: Request) -> Response:
        return reply(request, page, REVALIDATE, {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})

    @router.api_route("/form/v/{version_asked}/{name}", methods=["GET", "HEAD"])
    async def file(request: Request, version_asked: str, name: str) -> Response:
        if name not in files:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return reply(request, files[name], FOR_EVER if version_asked == version else REVALIDATE)

    return router

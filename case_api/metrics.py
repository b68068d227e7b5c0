"""`/v1/metrics`: the service's own measurements, for Prometheus. No personal data, but nobody's business either."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from case_api.security import Permission, Principal, require

router = APIRouter(tags=["service"])


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
async def metrics(principal: Annotated[Principal, Depends(require(Permission.METRICS_READ))]) -> Response:
    """Counters and histograms in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

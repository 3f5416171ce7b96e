"""Answer `/metrics`: numbers for a monitoring system, without anybody's name."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers import metric_families, mirror_age
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import admin_sync
from shareable_backlog.services import monitoring
from shareable_backlog.web import network, request_metrics


async def show_metrics(request: Request) -> Response:
    """Answer the numbers to whom METRICS_NETWORKS names; for all others there is nothing here.

    While the database is away its numbers are left out, and `slb_database_up` says so; else each by itself when it
    can't be had.
    """
    _require_allowed(request)
    installation = await monitoring.read_installation_numbers(auth.read_config(request).limits)
    streams = mirror_age.count_streams() + admin_sync.count_streams()
    current = CollectorRegistry()
    ProcessCollector(registry=current)
    current.register(metric_families.CurrentNumbers(monitoring.read_process_numbers(), streams, installation))
    text = request_metrics.format_answers().encode() + generate_latest(current)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _require_allowed(request: Request) -> None:
    """Raise HTTPException unless the client's own address may read the numbers."""
    if not network.is_from(request, auth.read_config(request).settings.metrics_networks):
        raise HTTPException(404)

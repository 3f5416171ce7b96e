"""The streams of releases, where the plan of a workspace has them."""

from datetime import date
from typing import Annotated

from shareable_backlog.streams.columns import Fallback, Id, MirrorRow, PartOf, ReleaseId, StageId, Time
from shareable_backlog.streams.stream import Stream

_ItsPipelineId = Annotated[Id, PartOf("release_pipelines")]


class ReleasePipelineRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `release_pipelines`; `type` is continuous or scheduled."""

    name: str
    type: str | None = None
    trashed: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)


RELEASE_PIPELINES = Stream(
    name="release_pipelines",
    root="releasePipelines",
    node="ReleasePipeline",
    kind=ReleasePipelineRow,
    table="release_pipelines",
    compared=("trashed",),
    deciding=("trashed",),
    has_webhook=False,
)


class ReleaseStageRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `release_stages`; `type` is planned, started, completed or canceled."""

    pipeline_id: _ItsPipelineId
    name: str
    type: str
    color: str | None = None
    position: Annotated[float, Fallback(0.0)]


RELEASE_STAGES = Stream(
    name="release_stages",
    root="releaseStages",
    node="ReleaseStage",
    kind=ReleaseStageRow,
    table="release_stages",
    has_webhook=False,
)


class ReleaseRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `releases`."""

    pipeline_id: _ItsPipelineId
    stage_id: StageId | None = None
    name: str
    version: str | None = None
    description: str | None = None
    url: str | None = None
    slug_id: str | None = None
    start_date: date | None = None
    target_date: date | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    canceled_at: Time | None = None
    trashed: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)


RELEASES = Stream(
    name="releases",
    root="releases",
    node="Release",
    kind=ReleaseRow,
    table="releases",
    compared=("trashed",),
    deciding=("trashed",),
)


class ReleaseNoteRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `release_notes`: it tells of the releases of a pipeline from the first one to the last."""

    pipeline_id: _ItsPipelineId
    first_release_id: ReleaseId | None = None
    last_release_id: ReleaseId | None = None
    title: str | None = None
    url: str | None = None


RELEASE_NOTES = Stream(
    name="release_notes",
    root="releaseNotes",
    node="ReleaseNote",
    kind=ReleaseNoteRow,
    table="release_notes",
    undelivered=("first_release_id",),
)


class ItemReleaseRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `item_releases`: an issue that is in a release."""

    issue_id: Annotated[Id, PartOf("issues")]
    release_id: Annotated[Id, PartOf("releases")]


ITEM_RELEASES = Stream(
    name="item_releases",
    root="issueToReleases",
    node="IssueToRelease",
    kind=ItemReleaseRow,
    table="item_releases",
    window=(),
    has_webhook=False,
)

"""Answers are counted by route and status, and their times by route; `test_request_log.py` has which of them."""

from prometheus_client.parser import text_string_to_metric_families

from shareable_backlog.web import request_metrics


def read(name: str, **labels: str) -> float:
    """Return a number as Prometheus would read it, 0 when there is none."""
    families = text_string_to_metric_families(request_metrics.format_answers())
    samples = [sample for family in families for sample in family.samples]
    return sum(sample.value for sample in samples if (sample.name, sample.labels) == (name, labels))


def test_an_answer_is_counted_with_its_time() -> None:
    for duration_s in (0.004, 0.2):
        request_metrics.count_answer("GET", "/counted", 200, duration_s)
    assert read("slb_http_requests_total", method="GET", route="/counted", status="200") == 2
    assert read("slb_http_request_duration_seconds_bucket", route="/counted", le="0.005") == 1
    assert read("slb_http_request_duration_seconds_bucket", route="/counted", le="0.25") == 2


def test_times_are_those_of_all_answers_of_a_route() -> None:
    request_metrics.count_answer("GET", "/timed", 200, 0.1)
    request_metrics.count_answer("POST", "/timed", 303, 0.1)
    assert read("slb_http_request_duration_seconds_count", route="/timed") == 2


def test_the_last_bucket_holds_all_and_times_add_up() -> None:
    for duration_s in (0.005, 0.0051, 60.0):
        request_metrics.count_answer("GET", "/slow", 200, duration_s)
    name = "slb_http_request_duration_seconds"
    edges = ("0.005", "0.01", "10.0", "+Inf")
    assert [read(f"{name}_bucket", route="/slow", le=edge) for edge in edges] == [1, 2, 2, 3]
    assert round(read(f"{name}_sum", route="/slow"), 4) == 60.0101

"""Answers are counted by route and status, and their times by route; `test_request_log.py` has which of them."""

from shareable_backlog.web import request_metrics


def read(name: str, **labels: str) -> float | None:
    return request_metrics.get_registry().get_sample_value(name, labels)


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

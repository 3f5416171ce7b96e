"""What operators watch is documented, and nothing else is; alerts and dashboard ask for what there is."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from prometheus_client import ProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from shareable_backlog.web import request_metrics
from tests.controllers.test_metric_families import build_full, collect

ROOT = Path(__file__).parents[2]
LEVELS = frozenset({"debug", "info", "warning", "warn_daily", "error", "log_plain"})
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
_PARTS = ("bucket", "sum", "count")
EVENT = re.compile(r"[a-z]+(?:[._][a-z]+)*")


def list_logged() -> Iterator[str]:
    """Yield the names of all events that the code logs."""
    for path in (ROOT / "shareable_backlog").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and is_logging(node.func):
                yield from list_names(node.args[0])
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "OutageLog":
                values = [part.value for part in node.args if isinstance(part, ast.Constant)]
                yield from (value for value in values if isinstance(value, str))


def list_names(event: ast.expr) -> Iterator[str]:
    """Yield what an event may be called: one name, or one of two by a condition, which is none itself."""
    if isinstance(event, ast.IfExp):
        yield from list_names(event.body)
        yield from list_names(event.orelse)
    elif isinstance(event, ast.Constant):
        yield str(event.value)


def is_logging(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr in LEVELS:
        return "_LOG" in ast.unparse(function.value) or "get_logger" in ast.unparse(function.value)
    return False


def test_every_event_of_the_log_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/logs.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = re.findall(r"`([^`]+)`", " ".join(rows))
    assert sorted(documented) == sorted(set(list_logged()))


def test_every_event_has_a_name_and_no_sentence() -> None:
    assert [name for name in list_logged() if not EVENT.fullmatch(name)] == []


def test_nothing_is_logged_past_the_form_of_events() -> None:
    """What a logger of the library says has no event, and its secrets are masked by chance."""
    past = re.compile(r"logging\.(getLogger\([^)]*\)\.)?(debug|info|warning|error|exception|critical|log)\(")
    sources = [*(ROOT / "shareable_backlog").rglob("*.py")]
    named = [
        path.name for path in sources if re.search(r"^_?LOG(GER)? = logging\.", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert named == [path.name for path in sources if past.search(path.read_text("utf-8"))] == []


def test_every_metric_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    documented: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            _, names, labels, *_ = line.split("|")
            documented |= {name: set(re.findall(r"`(\w+)`", labels)) for name in re.findall(r"`(\w+)`", names)}
    assert documented == {name: labels for name, (labels, _) in list_metrics().items()}


def test_names_follow_the_conventions_of_prometheus() -> None:
    for name, (_, kind) in list_metrics().items():
        assert name.startswith(("slb_", "process_")), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)(_|$)", name), name


def test_the_alerts_have_the_form_of_rules_and_ask_for_metrics_that_there_are() -> None:
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    assert rules.keys() == {"groups"}
    for group in rules["groups"]:
        assert group.keys() == {"name", "rules"}
        for rule in group["rules"]:
            assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}, rule
            assert re.fullmatch(r"Backlog[A-Z]\w+", rule["alert"])
            assert re.fullmatch(r"\d+[smhd]", rule["for"])
            assert rule["labels"].keys() == {"severity"}
            assert rule["labels"]["severity"] in {"info", "warning", "critical"}
            assert rule["annotations"].keys() == {"summary", "description"}
            assert find_faults(rule["expr"]) == []
            assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["description"])) <= {"instance", "unit"}
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert len(names) == len(set(names)) >= 10


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(asked) > 20
    assert {expression: faults for expression in asked if (faults := find_faults(expression))} == {}
    shown = {name for expression in asked for name in re.findall(r"\b(?:slb|process)_\w+", expression)}
    unseen = {name for name in list_metrics() if name.startswith("slb_") and not any(name in one for one in shown)}
    assert unseen == {
        "slb_database_list_reads_total",
        "slb_database_pool_requests_total",
        "slb_linear_budget_reset_timestamp_seconds",
        "slb_sync_last_run_end_timestamp_seconds",
    }


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("slb_no_such_thing > 0", "slb_no_such_thing is no metric"),
        ('slb_people{kind="pending"} > 0', "slb_people has no label kind"),
        ("sum by (route) (slb_people)", "route is a label of none of them"),
        ("max(slb_sessions", "its parentheses are odd"),
        ("1 + 1", "it asks for nothing"),
        ("slb_http_request_duration_seconds > 1", "slb_http_request_duration_seconds is no metric"),
    ],
)
def test_a_wrong_expression_is_found(expression: str, fault: str) -> None:
    assert find_faults(expression) == [fault]


def find_faults(expression: str) -> list[str]:
    """Return what is wrong with an expression of PromQL, as far as that can be told without Prometheus."""
    series = list_series()
    found = re.findall(r"\b((?:slb|process)_\w+)(?:\{([^}]*)\})?", expression)
    faults = [f"{name} is no metric" for name, _ in found if name not in series]
    known = {name: series[name] | {"job", "instance"} for name, _ in found if name in series}
    for name, matchers in found:
        labels = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)
        faults += [f"{name} has no label {label}" for label in labels if label not in known.get(name, {label})]
    grouped = [label for one in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in one.split(", ")]
    any_label = {label for labels in known.values() for label in labels}
    faults += [f"{label} is a label of none of them" for label in grouped if label not in any_label]
    if expression.count("(") != expression.count(")"):
        faults.append("its parentheses are odd")
    return faults or ([] if found else ["it asks for nothing"])


@cache
def list_metrics() -> dict[str, tuple[set[str], str]]:
    """Return by the name of each metric its labels and what it is, as a scrape of a program has them."""
    request_metrics.count_answer("GET", "/", 200, 0.1)
    written = text_string_to_metric_families(request_metrics.format_answers())
    families = [*written, *ProcessCollector(registry=None).collect(), *collect(build_full()).values()]
    found: dict[str, tuple[set[str], str]] = {}
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[name] = (labels, family.type)
    return found


def list_series() -> dict[str, set[str]]:
    """Return by the name of each series its labels: of a histogram those that it is told by."""
    found: dict[str, set[str]] = {}
    for name, (labels, kind) in list_metrics().items():
        if kind == "histogram":
            found |= {f"{name}_{part}": labels | ({"le"} if part == "bucket" else set()) for part in _PARTS}
        else:
            found[name] = labels
    return found

"""What a request costs follows from what it used, and the page says both."""

from __future__ import annotations

import json

import pytest

from bench.costs import Run, charged, costs, page, published

RUN = Run(transitions=1_000, invocations=0, log_bytes=0, metrics=frozenset({"A", "B"}))


def test_a_thousand_transitions_cost_two_and_a_half_cents() -> None:
    step_functions, functions, rest = costs(RUN)
    assert step_functions == pytest.approx(0.025)
    assert functions == 0
    assert rest == pytest.approx(0.000001), "the event of the outcome"


def test_an_invocation_of_a_second_is_a_request_and_a_quarter_of_a_gb_second() -> None:
    _, functions, _ = costs(RUN._replace(invocations=1_000_000))
    assert functions == pytest.approx(0.20 + 250_000 * 0.0000133334)


def test_a_gigabyte_of_logs_costs_half_a_dollar() -> None:
    before, after = (costs(RUN._replace(log_bytes=size))[2] for size in (0, 10**9))
    assert after - before == pytest.approx(0.50)


def test_the_page_has_the_costs_of_a_thousand_requests_and_the_month_of_the_template() -> None:
    text = page({"something": RUN}, {"AWS::KMS::Key": 2, "AWS::Lambda::Function": 5})
    assert "| something | 1000 | 0 | $25.00 | $0.00 | $0.00 | $25.00 |" in text
    assert "| KMS keys | 2 | $1.00 | $2.00 |" in text
    assert "| metrics | 2 | $0.30 | $0.60 |" in text
    assert "| total |  |  | $2.60 |" in text


def test_an_alarm_is_charged_for_each_metric_that_it_reads() -> None:
    reads = [{"Id": "sum", "Expression": "a + b"}, *({"Id": i, "MetricStat": {}} for i in "ab")]
    one, both = (
        {"Type": "AWS::CloudWatch::Alarm", "Properties": p} for p in ({}, {"Metrics": reads})
    )
    template = {"Resources": {"One": one, "Both": both, "Key": {"Type": "AWS::KMS::Key"}}}
    assert charged(template) == {"AWS::CloudWatch::Alarm": 3, "AWS::KMS::Key": 1}


def test_only_a_line_that_publishes_metrics_names_any() -> None:
    line = {"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "Calls", "Unit": "Count"}]}]}}
    assert list(published(json.dumps(line))) == ["Calls"]
    for other in ("START RequestId", '{"level": "INFO"}', "[]", "3"):
        assert list(published(other)) == []

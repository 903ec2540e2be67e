"""Parameters: data with a schema; every problem at once."""

from __future__ import annotations

from math import exp
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.evidence import evidence_kinds
from leercultuur_core.errors import ConfigError
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases.parameters import (
    RATE_FLOOR,
    Show,
    default_parameters,
    dump_parameters,
    parse_parameters,
    read_parameters,
)


def shipped_text() -> str:
    return dump_parameters(default_parameters())


def test_the_shipped_parameters_cover_every_kind_and_say_what_they_rest_on() -> None:
    parameters = default_parameters()
    kinds = [kind for kind in evidence_kinds() if kind != "other" and "self-report" not in kind]
    assert list(parameters.kinds) == kinds
    expected = {"general", "show", "start"}
    expected |= {f"{table}.{phase}" for table in ("transition", "reliability") for phase in PHASES}
    expected |= {f"rate.{kind}" for kind in kinds}
    assert set(parameters.grounds) == expected
    assert all(ground.startswith("Reasoned: ") for ground in parameters.grounds.values())


def test_the_shipped_numbers_are_those_of_the_description() -> None:
    parameters = default_parameters()
    assert parameters.rates["progressed"] == (0.15, 0.2, 3.0, 0.5, 1.5)
    assert parameters.rates["planned"][0] == RATE_FLOOR
    assert parameters.transmat[2] == (0.03, 0.04, 0.82, 0.11, 0.0)
    assert parameters.startprob == (0.45, 0.2, 0.17, 0.1, 0.08)
    assert parameters.show == Show(0.6, 0.4)


def test_activity_levels_are_quantile_midpoints_of_the_gamma_distribution() -> None:
    levels = default_parameters().activity_levels
    assert len(levels) == 9
    for index, level in enumerate(levels):
        # Closed form for shape 2 and mean 1.
        assert 1 - (1 + 2 * level) * exp(-2 * level) == pytest.approx((index + 0.5) / 9, abs=1e-12)


def test_activity_levels_of_shape_one_are_those_of_the_exponential_distribution() -> None:
    levels = evolve(default_parameters(), activity_shape=1.0, levels=4).activity_levels
    assert [1 - exp(-level) for level in levels] == pytest.approx([0.125, 0.375, 0.625, 0.875])


@given(
    st.floats(0.002, 20),
    st.floats(0.01, 50),
    st.floats(0, 0.9),
    st.floats(1, 9),
    st.text(st.characters(blacklist_categories=["Cs"]), min_size=1).filter(str.strip),
)
def test_what_is_dumped_reads_back_equal(
    rate: float, shape: float, away: float, clump: float, ground: str
) -> None:
    parameters = default_parameters()
    changed = evolve(
        parameters,
        rates={**parameters.rates, "applied": (rate, 0.002, 1.5, rate, 3.0)},
        burst_shape=shape,
        away=away,
        clump=clump,
        grounds={**parameters.grounds, "rate.applied": ground},
    )
    assert parse_parameters(dump_parameters(changed)) == changed


def test_ten_mistakes_are_ten_problems() -> None:
    text = shipped_text()
    for old, new in [
        ("schema = 1", "schema = 2"),
        ("levels = 9", 'levels = "nine"'),
        ("away = 0.05", "away = nan"),
        ("burst_shape = 1.25", "burst_shape = -1.25"),
        ("leave = 0.4", "leave = 0.7"),
        ("probability = { unaware = 0.45", "probability = { unaware = 0.5"),
        ('from = "selecting"', 'from = "slecting"'),
        ('kind = "searched"', 'kind = "serached"'),
        ("mean = { unaware = 0.15, selecting", "mean = { unaware = -0.15, selecting"),
        ("clump = 1.0", "clumps = 1.0"),
    ]:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(ConfigError) as caught:
        parse_parameters(text, "mine.toml")
    places = [problem.place for problem in caught.value.problems]
    assert places == [
        "clumps",
        "schema",
        "levels",
        "burst_shape",
        "clump",
        "away",
        "show.leave",
        "start.probability",
        "transition[2].from",
        "transition",
        "rate[3].kind",
        "rate[6].mean.unaware",
    ]
    message = str(caught.value)
    assert message.startswith("mine.toml has 12 problems")
    assert "did you mean 'searched'?" in message
    assert "did you mean 'selecting'?" in message
    assert "did you mean 'clump'?" in message
    assert "found a sum of 1.05" in message


def test_a_row_that_is_missing_double_or_no_table_is_a_problem() -> None:
    text = shipped_text()
    double = text + '\n[[rate]]\nkind = "applied"\nmean = 3\nground = "x"\n'
    with pytest.raises(ConfigError) as caught:
        parse_parameters(double)
    assert [problem.expected for problem in caught.value.problems] == [
        "one row for applied",
        "a table with a number for each phase",
    ]
    with pytest.raises(ConfigError) as caught:
        parse_parameters('schema = 1\nversion = "1"\nrate = 3\nshow = 4\n')
    assert {"rate", "show", "start.probability", "transition", "reliability", "ground"} <= {
        problem.place for problem in caught.value.problems
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml at all",
        "schema = 1",
        "[[rate]]\n",
        "rate = [1]",
        f"a = {'9' * 5000}",
        "a = " + "[" * 5000,
    ],
)
def test_no_file_however_poor_gives_anything_but_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_parameters(text)


@given(st.text(max_size=40))
def test_any_text_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_parameters(text)


def test_a_rate_below_the_floor_counts_as_the_floor() -> None:
    text = shipped_text().replace("mean = { unaware = 0.15", "mean = { unaware = 0", 1)
    assert parse_parameters(text).rates["progressed"][0] == RATE_FLOOR


def test_a_file_is_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(shipped_text(), encoding="utf-8")
    assert read_parameters(path) == default_parameters()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_parameters(path)
    with pytest.raises(ConfigError, match="No such file"):
        read_parameters(tmp_path / "none.toml")

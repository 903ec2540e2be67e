"""The log: what each row becomes, from a database and from exports, and that it agrees with the services.

The rows are those of a live Moodle 4.5.6 (log/logstore_standard_log.json), or made in their shape.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from scripted_moodle import LEA, LEO, LINA, LUC, TOKEN, ScriptedMoodle

from leercultuur_core import (
    AccessDenied,
    Activity,
    ConfigError,
    PluginError,
    Retraction,
    SourceUnavailable,
    default_rules,
)
from leercultuur_core.activity.ledger import Fold
from leercultuur_core.extension import Secret, State, structure
from leercultuur_core.testing import Event, Serve, SourceContract
from leercultuur_core.testing.events import START
from leercultuur_core.testing.scripted import scripted
from leercultuur_core.testing.servers import free_port, needs, running
from leercultuur_core.testing.taking import Taken, take
from leercultuur_moodle import MoodleSourceSettings
from leercultuur_moodle.evidence import moodle_rules
from leercultuur_moodle.facts import Fact, Names
from leercultuur_moodle.log_events import AGREED, LOG_KINDS, ONLY_SEEN, READERS, LogRow
from leercultuur_moodle.log_source import MoodleLogSettings, MoodleLogSource
from leercultuur_moodle.source import MoodleSource

URL = "https://leren.example"
LOG = Path(__file__).parent / "log" / "logstore_standard_log.json"

SCHEMA = """
CREATE TABLE mdl_logstore_standard_log (
    id bigint PRIMARY KEY, eventname varchar(255) NOT NULL, component varchar(100) NOT NULL,
    action varchar(100) NOT NULL, target varchar(100) NOT NULL, objecttable varchar(50),
    objectid bigint, crud varchar(1) NOT NULL, edulevel smallint NOT NULL, contextid bigint NOT NULL,
    contextlevel bigint NOT NULL, contextinstanceid bigint NOT NULL, userid bigint NOT NULL,
    courseid bigint, relateduserid bigint, anonymous smallint NOT NULL DEFAULT 0, other text,
    timecreated bigint NOT NULL, origin varchar(10), ip varchar(45), realuserid bigint);
CREATE TABLE mdl_modules (id bigint PRIMARY KEY, name varchar(20) NOT NULL);
CREATE TABLE mdl_course_modules (id bigint PRIMARY KEY, module bigint NOT NULL);
CREATE TABLE mdl_user (id bigint PRIMARY KEY, username varchar(100) NOT NULL);
"""
"""The columns of Moodle 4.5 (lib/db/install.xml), as the recorded database had them."""

_COLUMNS = (
    "id", "eventname", "component", "action", "target", "objecttable", "objectid", "crud", "edulevel",
    "contextid", "contextlevel", "contextinstanceid", "userid", "courseid", "relateduserid",
    "anonymous", "other", "timecreated", "origin", "ip", "realuserid",
)  # fmt: skip

Row = dict[str, Any]


def recorded() -> list[Row]:
    return list(json.loads(LOG.read_text("utf-8"))["rows"])


def row(number: int, eventname: str, at: int, **more: Any) -> Row:
    """A row in the recorded shape."""
    _, component, _, name = eventname.split("\\")
    target, _, action = name.rpartition("_")
    return {
        "id": number, "eventname": eventname, "component": component, "action": action,
        "target": target, "objecttable": None, "objectid": None, "crud": "c", "edulevel": 2,
        "contextid": 1, "contextlevel": 50, "contextinstanceid": 2, "userid": 3, "courseid": 2,
        "relateduserid": None, "anonymous": 0, "other": "null", "timecreated": at, "origin": "web",
        "ip": "192.0.2.1", "realuserid": None, **more,
    }  # fmt: skip


def filled(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A database with these rows, in place of what was there."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        for statement, values in statements(rows, "?"):
            connection.execute(statement, values)
        connection.commit()
    return path


def statements(
    rows: Sequence[Mapping[str, Any]], mark: str
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    marks = ", ".join([mark] * len(_COLUMNS))
    kinds = sorted({one["modname"] for one in rows if one.get("modname")})
    modules = {one["contextinstanceid"]: one["modname"] for one in rows if one.get("modname")}
    names = {one["learner_id"]: one["username"] for one in rows if one.get("learner_id")}
    for number, kind in enumerate(kinds, 1):
        yield f"INSERT INTO mdl_modules VALUES ({mark}, {mark})", (number, kind)  # noqa: S608
    for cmid, kind in modules.items():
        number = kinds.index(kind) + 1
        yield f"INSERT INTO mdl_course_modules VALUES ({mark}, {mark})", (cmid, number)  # noqa: S608
    for user, name in names.items():
        yield f"INSERT INTO mdl_user VALUES ({mark}, {mark})", (user, name)  # noqa: S608
    for one in rows:
        full = {"contextid": 1, "ip": "192.0.2.1", **one}
        yield (
            f"INSERT INTO mdl_logstore_standard_log ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            tuple(full.get(name) for name in _COLUMNS),
        )


def of(path: Path, **more: Any) -> MoodleLogSource:
    return MoodleLogSource(MoodleLogSettings(url=URL, dsn=Secret(f"sqlite:///{path}"), **more))


def counts(*runs: Taken) -> set[str]:
    """The keys of what counts."""
    fold = Fold(default_rules() + moodle_rules(), known={})
    for one in runs:
        fold.add(one.records)
    return {
        key.removeprefix(f"moodle:{URL}:")
        for key, version in fold.changed.items()
        if version.digest is not None
    }


def read(source: MoodleLogSource, state: State | None = None) -> Taken:
    taken = take(source, state)
    assert taken.error is None, taken.error
    return taken


class TestContract(SourceContract):
    """Events are work that was handed in, in SQLite."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "online": "it reads a database: the faults of a web server do not reach it",
        "next_page_at_another_host": "it asks no server",
    }

    @pytest.fixture
    def source(self, tmp_path: Path) -> MoodleLogSource:
        return of(filled(tmp_path / "moodle.db", []), overlap=1000)

    @pytest.fixture
    def serve(self, tmp_path: Path) -> Serve:
        def serve(events: Sequence[Event]) -> None:
            rows = [
                row(
                    # Numbers grow with time: a hundred a minute, from far enough back.
                    int((one.stored_at - START) / timedelta(minutes=1) + 10**6) * 100 + one.number,
                    "\\mod_assign\\event\\assessable_submitted",
                    int(one.stored_at.timestamp()),
                    objectid=one.number,
                    contextlevel=70,
                    contextinstanceid=4,
                    modname="assign",
                    userid=10 + int(one.learner[-1]),
                )
                for one in events
            ]
            filled(tmp_path / "moodle.db", rows)

        return serve


# -- rows -----------------------------------------------------------------------------------------


def test_the_recorded_log_is_read_whole(tmp_path: Path) -> None:
    taken = read(of(filled(tmp_path / "moodle.db", recorded())))
    assert not [reject for page in taken.pages for reject in page.rejects]
    found = counts(taken)
    assert {one.partition(":")[0] for one in found} >= {
        "activity-completion", "course-completion", "enrolment", "grade", "badge", "discussion",
        "post", "submission", "quiz-attempt", "glossary-entry", "feedback", "h5p-attempt",
        "competency-evidence", "prior-learning", "log",
    }  # fmt: skip


def test_the_learner_is_who_it_is_about_where_others_act(tmp_path: Path) -> None:
    taken = read(of(filled(tmp_path / "moodle.db", recorded())))
    learners = {
        (one.id.removeprefix(f"moodle:{URL}:").partition(":")[0], one.identities[0][-2:])
        for one in taken.records
        if isinstance(one, Activity)
    }
    # The administrator, who is cron too, wrote nearly all of these, and the teacher the grades.
    assert not [what for what, who in learners if who == "|2" and what != "log"]
    assert {who for what, who in learners if what in {"grade", "badge"}} <= {"|3", "|4"}


def test_cron_never_completed_a_course(tmp_path: Path) -> None:
    rows = [row(1, "\\core\\event\\course_completed", 100, userid=2, relateduserid=None)]
    taken = read(of(filled(tmp_path / "moodle.db", rows)))
    assert not taken.records
    assert [one.line for page in taken.pages for one in page.rejects] == [1]


def test_kinds_are_those_that_are_declared(tmp_path: Path) -> None:
    source = of(filled(tmp_path / "moodle.db", recorded()))
    assert source.visibility() is None
    taken = read(source)
    rules = default_rules() + moodle_rules()
    kinds = {rules.kind(one) for one in taken.records if isinstance(one, Activity)}
    assert kinds <= set(LOG_KINDS)
    seen = source.visibility()
    assert seen is not None
    assert seen.intervals[URL, "viewed"] == ((1795475468 // 86400, None),)


def test_a_completion_that_is_written_as_0_and_then_1_in_a_second_holds(tmp_path: Path) -> None:
    event = "\\core\\event\\course_module_completion_updated"
    common = {"relateduserid": 3, "contextlevel": 70, "contextinstanceid": 1, "modname": "page"}
    rows = [
        row(state + 1, event, 1795475593, **common, other=f'{{"completionstate":{state}}}')
        for state in (0, 1)
    ]
    assert counts(read(of(filled(tmp_path / "a.db", rows)))) == {"activity-completion:1:3"}
    later = row(3, event, 1795475599, **common, other='{"completionstate":"0"}')
    assert not counts(read(of(filled(tmp_path / "b.db", [*rows, later]))))


@pytest.mark.parametrize(
    ("made", "gone", "more"),
    [
        ("\\core\\event\\user_enrolment_created", "\\core\\event\\user_enrolment_deleted",
         {"relateduserid": 3}),
        ("\\mod_forum\\event\\discussion_created", "\\mod_forum\\event\\discussion_deleted", {}),
        ("\\mod_glossary\\event\\entry_created", "\\mod_glossary\\event\\entry_deleted", {}),
        ("\\core\\event\\badge_awarded", "\\core\\event\\badge_revoked", {"relateduserid": 3}),
        ("\\core\\event\\competency_user_evidence_created",
         "\\core\\event\\competency_user_evidence_deleted", {"relateduserid": 3}),
    ],
)  # fmt: skip
def test_what_is_deleted_is_taken_back(
    tmp_path: Path, made: str, gone: str, more: dict[str, Any]
) -> None:
    common = {"objectid": 5, "contextlevel": 70, "contextinstanceid": 4, "modname": "forum", **more}
    first = row(1, made, 100, **common)
    assert len(counts(read(of(filled(tmp_path / "a.db", [first]))))) == 1
    second = row(2, gone, 200, **common)
    assert not counts(read(of(filled(tmp_path / "b.db", [first, second]))))


def test_anonymous_answers_disguises_and_own_calls_are_left_out(tmp_path: Path) -> None:
    event = "\\core\\event\\course_viewed"
    rows = [
        row(1, event, 100),
        row(2, event, 100, anonymous=1),
        row(3, event, 100, realuserid=2),
        row(4, event, 100, userid=8),
        row(5, event, 100, courseid=9, contextinstanceid=9),
        row(6, "\\core\\event\\webservice_function_called", 100),
    ]
    path = filled(tmp_path / "moodle.db", rows)
    assert counts(read(of(path, service_user=8, courses=(2,)))) == {"log:1"}


def test_a_row_of_another_shape_is_kept_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [
        row(1, "\\core\\event\\course_module_completion_updated", 100, other="{Sanne}",
            relateduserid=3, contextlevel=70, modname="page"),
        row(2, "\\core\\event\\course_viewed", 100),
    ]  # fmt: skip
    taken = read(of(filled(tmp_path / "moodle.db", rows)))
    (reject,) = [one for page in taken.pages for one in page.rejects]
    assert "course_module_completion_updated" in reject.reason
    assert "Sanne" not in str(reject)
    assert counts(taken) == {"log:2"}


def test_a_time_that_is_in_no_calendar_is_kept_aside(tmp_path: Path) -> None:
    viewed = "\\core\\event\\course_viewed"
    rows = [row(1, viewed, 2**62), row(2, viewed, 2**40), row(3, viewed, 100)]
    taken = read(of(filled(tmp_path / "moodle.db", rows)))
    assert len([one for page in taken.pages for one in page.rejects]) == 2
    assert counts(taken) == {"log:3"}


def test_usernames(tmp_path: Path) -> None:
    path = filled(tmp_path / "moodle.db", recorded())
    names = {
        one.identities[0].rpartition("|")[2]
        for one in read(of(path, account="username")).records
        if isinstance(one, Activity)
    }
    assert "sanne" in names
    assert not any(one.isdigit() for one in names)


# -- reading --------------------------------------------------------------------------------------


def test_a_second_night_reads_the_overlap_and_what_is_new(tmp_path: Path) -> None:
    event = "\\core\\event\\course_viewed"
    rows = [row(number, event, 100 + number) for number in range(1, 2501)]
    path = tmp_path / "moodle.db"
    filled(path, [one for one in rows if one["id"] != 2495])
    first = read(of(path, overlap=10))
    assert first.state.mark == "row:2500 day:0"
    filled(path, rows)  # one becomes visible after others that have higher numbers
    second = read(of(path, overlap=10), first.state)
    assert len(second.records) == 10
    assert len(counts(first, second)) == 2500


def test_a_table_that_was_emptied_is_read_from_its_start(tmp_path: Path) -> None:
    path = filled(tmp_path / "moodle.db", [row(900, "\\core\\event\\course_viewed", 100)])
    first = read(of(path, overlap=0))
    filled(path, [row(1, "\\core\\event\\course_viewed", 200)])
    assert counts(read(of(path, overlap=0), first.state)) == {"log:1"}


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_export_says_what_the_database_says(tmp_path: Path, form: str) -> None:
    rows = recorded()
    path = tmp_path / f"log.{form}"
    with path.open("w", newline="", encoding="utf-8") as file:
        if form == "csv":
            names = sorted({name for one in rows for name in one})
            table = csv.DictWriter(file, names)
            table.writeheader()
            table.writerows(rows)
        else:
            file.writelines(json.dumps(one) + "\n" for one in rows)
    exported = read(MoodleLogSource(MoodleLogSettings(url=URL, export=path)))
    database = read(of(filled(tmp_path / "moodle.db", rows)))
    assert counts(exported) == counts(database)
    assert len(exported.records) == len(database.records)
    again = read(
        MoodleLogSource(MoodleLogSettings(url=URL, export=path, overlap=0)), exported.state
    )
    assert not again.records


def test_a_bad_line_of_an_export_is_kept_aside_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    good = json.dumps(row(1, "\\core\\event\\course_viewed", 100))
    path.write_text(f"{good}\nSanne wrote this\n{good.replace('100', '1e400')}\n")
    taken = read(MoodleLogSource(MoodleLogSettings(url=URL, export=path)))
    rejects = [one for page in taken.pages for one in page.rejects]
    assert [(one.place, one.line) for one in rejects] == [("log.ndjson", 2), ("log.ndjson", 3)]
    assert counts(taken) == {"log:1"}


def test_a_line_of_lists_in_lists_is_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    good = json.dumps(row(1, "\\core\\event\\course_viewed", 100))
    deep = '{"a":' * 60_000
    path.write_text(f"{good}\n{deep}\n")
    taken = read(MoodleLogSource(MoodleLogSettings(url=URL, export=path)))
    assert [one.line for page in taken.pages for one in page.rejects] == [2]
    assert counts(taken) == {"log:1"}


def test_an_export_without_the_columns_says_which(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("Time,User full name,Event name\n")
    error = take(MoodleLogSource(MoodleLogSettings(url=URL, export=path))).error
    assert isinstance(error, SourceUnavailable)
    assert "missing: component, contextinstanceid" in str(error)


def test_what_is_wrong_with_a_database_is_told_without_its_password(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    with closing(sqlite3.connect(empty)):
        pass
    cases = {
        f"sqlite:///{tmp_path}/nowhere/moodle.db": SourceUnavailable,
        "oracle9://reader:s3cret-word@db.example/moodle": PluginError,
        "no address s3cret-word": PluginError,
        "postgresql+psycopg://reader:s3cret-word@127.0.0.1:1/moodle": SourceUnavailable,
    }
    for dsn, kind in cases.items():
        source = MoodleLogSource(MoodleLogSettings(url=URL, dsn=Secret(dsn)))
        error = take(source).error
        assert isinstance(error, kind), (dsn, error)
        (finding,) = source.check()
        assert finding.level == "problem"
        assert "s3cret-word" not in f"{error!r}{error}{finding}{source.settings}"


def test_settings_name_one_place() -> None:
    with pytest.raises(ConfigError, match="either dsn or export"):
        structure(MoodleLogSettings, {"url": URL}, place="source[0]")
    with pytest.raises(ConfigError, match="prefix"):
        structure(
            MoodleLogSettings, {"url": URL, "export": "log.csv", "prefix": "mdl; DROP"}, place="s"
        )


def test_check_says_how_far_back_it_goes(tmp_path: Path) -> None:
    path = filled(tmp_path / "moodle.db", recorded())
    first, second = of(path).check()
    assert first.text == "moodle-log: rows 30 to 3,227"
    assert "service_user" in second.text
    (empty,) = of(filled(path, [])).check()
    assert empty.level == "warning"


# -- agreement ------------------------------------------------------------------------------------


def as_logged(moodle: ScriptedMoodle) -> list[Row]:
    """The rows that Moodle would have written for what the scripted site holds."""
    rows: list[Row] = []

    def log(event: str, at: int, user: int, **more: Any) -> None:
        rows.append(row(len(rows) + 1, event, at, userid=user, **more))

    def inside(cmid: int, modname: str) -> Row:
        return {"contextlevel": 70, "contextinstanceid": cmid, "modname": modname}

    for (course, user), found in moodle.completion.items():
        for one in found:
            if one["timecompleted"]:
                log(
                    "\\core\\event\\course_module_completion_updated", one["timecompleted"], 2,
                    relateduserid=user, courseid=course, **inside(one["cmid"], one["modname"]),
                    other=json.dumps({"completionstate": one["state"]}),
                )  # fmt: skip
    for one in moodle.attempts:
        at = one["timestart"]
        common = {"objectid": one["id"], "relateduserid": one["userid"], **inside(5, "quiz")}
        log("\\mod_quiz\\event\\attempt_started", at, one["userid"], **common)
        log("\\mod_quiz\\event\\attempt_submitted", one["timefinish"], one["userid"], **common)
    for one in moodle.submissions:
        if one["status"] == "submitted":
            log(
                "\\mod_assign\\event\\assessable_submitted", one["timemodified"], one["userid"],
                objectid=one["id"], **inside(3, "assign"),
            )  # fmt: skip
    for one in moodle.posts:
        if one["author"]["id"] not in moodle.enrolled[2] or one["isprivatereply"]:
            continue
        name = "post_created" if one["hasparent"] else "discussion_created"
        log(
            f"\\mod_forum\\event\\{name}", one["timecreated"], one["author"]["id"],
            objectid=one["id"] if one["hasparent"] else one["discussionid"], **inside(4, "forum"),
            other=json.dumps({"discussionid": one["discussionid"]}),
        )  # fmt: skip
    for one in moodle.entries:
        log(
            "\\mod_glossary\\event\\entry_created", one["timecreated"], one["userid"],
            objectid=one["id"], **inside(7, "glossary"), other='{"concept":"Variance"}',
        )  # fmt: skip
    for one in moodle.responses["attempts"]:
        log(
            "\\mod_feedback\\event\\response_submitted", one["timemodified"], one["userid"],
            objectid=one["id"], relateduserid=one["userid"], **inside(6, "feedback"),
        )  # fmt: skip
    for one in (a for user in moodle.h5p["usersattempts"] for a in user["attempts"]):
        said = {
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "result": {"score": {"scaled": one["scaled"]}, "completion": True, "success": True},
        }
        log(
            "\\mod_h5pactivity\\event\\statement_received", one["timemodified"], one["userid"],
            objectid=1, **inside(9, "h5pactivity"), other=json.dumps(said),
        )  # fmt: skip
    outside = {"contextlevel": 30, "contextinstanceid": LEA, "courseid": 0}
    for one in moodle.plans:
        log(
            "\\core\\event\\competency_plan_created", one["timecreated"], 2, objectid=one["id"],
            relateduserid=one["userid"], **outside,
        )  # fmt: skip
    for one in moodle.prior:
        log(
            "\\core\\event\\competency_user_evidence_created", one["timecreated"], one["userid"],
            objectid=one["id"], relateduserid=one["userid"], **outside,
        )  # fmt: skip
    for one in moodle.badges:
        log(
            "\\core\\event\\badge_awarded", one["dateissued"], 2, objectid=one["id"],
            relateduserid=one["recipientid"],
        )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Taken, Taken]:
    """A site's address, and what the services and the log say of it."""
    moodle = ScriptedMoodle()
    with scripted(moodle.respond) as server:
        settings = MoodleSourceSettings(url=server.url, token=Secret(TOKEN), rate=1e6)
        services = take(MoodleSource(settings, clock=lambda: 1_795_500_000))
    path = filled(tmp_path_factory.mktemp("log") / "moodle.db", as_logged(moodle))
    log = take(MoodleLogSource(MoodleLogSettings(url=server.url, dsn=Secret(f"sqlite:///{path}"))))
    return server.url, services, log


@pytest.mark.parametrize("what", sorted(AGREED))
def test_both_ways_say_exactly_the_same_of_what_they_agree_on(
    both: tuple[str, Taken, Taken], what: str
) -> None:
    url, services, log = both
    start = f"moodle:{url}:{AGREED[what]}"
    # The log does not know who learns and who teaches.
    who = {f"account|{url}|{number}" for number in (LEA, LUC, LINA, LEO)}

    def told(taken: Taken) -> dict[str, Activity]:
        newest: dict[str, Activity] = {}
        gone = {one.id: one.revision for one in taken.records if isinstance(one, Retraction)}
        for one in taken.records:
            if isinstance(one, Activity) and one.id.startswith(start) and one.identities[0] in who:
                before = newest.get(one.id)
                if before is None or one.revision > before.revision:
                    newest[one.id] = one
        return {key: one for key, one in newest.items() if gone.get(key, -1) < one.revision}

    assert told(services)
    assert told(services) == told(log)


@pytest.mark.parametrize("level", [50, 70])
def test_what_only_the_log_knows_is_of_a_known_kind(level: int) -> None:
    rules, names = default_rules() + moodle_rules(), Names(URL)
    for event in sorted(ONLY_SEEN):
        about = {"contextlevel": level, "contextinstanceid": 4, "modname": "page"}
        one = LogRow(id=1, eventname=event, timecreated=100, userid=3, courseid=2, **about)  # type: ignore[arg-type]
        said = READERS[event](one, names)
        assert isinstance(said, Fact)
        assert rules.kind(names.activity(said, names.account(3), 1)) in LOG_KINDS, event


def test_every_event_that_is_read_has_a_name_that_moodle_gives() -> None:
    for name in READERS:
        parts = name.split("\\")
        assert (len(parts), parts[0], parts[2]) == (4, "", "event")


# -- a real database ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own, on a port of its own, as a user of its own where it must."""
    psycopg = pytest.importorskip("psycopg")
    home = tmp_path_factory.mktemp("postgres")
    become: list[str] = []
    if os.geteuid() == 0:  # it does not run as root
        become = ["runuser", "-u", "nobody", "--"]
        home = Path("/tmp", home.name + str(os.getpid()))  # noqa: S108 - parents of the other are closed
        home.mkdir(mode=0o700)
        shutil.chown(home, "nobody")
    port = free_port()
    try:
        subprocess.run(  # noqa: S603 - a command of this test
            [*become, "initdb", "-D", str(home / "data"), "-A", "trust", "-U", "admin"],
            check=True, capture_output=True, timeout=60, cwd="/",
        )  # fmt: skip
        command = [
            *become, "postgres", "-D", str(home / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", "",
        ]  # fmt: skip

        def ready() -> bool:
            try:
                with psycopg.connect(f"host=127.0.0.1 port={port} user=admin dbname=postgres"):
                    return True
            except psycopg.OperationalError:
                return False

        with running(command, ready=ready, cwd=Path("/")):
            yield f"127.0.0.1:{port}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.server
@needs("initdb", "postgres")
def test_a_postgresql_that_may_only_be_read(postgres: str, tmp_path: Path) -> None:
    psycopg = pytest.importorskip("psycopg")
    host, port = postgres.split(":")
    with psycopg.connect(
        f"host={host} port={port} user=admin dbname=postgres", autocommit=True
    ) as connection:
        connection.execute(SCHEMA)
        for statement, values in statements(recorded(), "%s"):
            connection.execute(statement, values)
        connection.execute("CREATE ROLE reader LOGIN")
        dsn = f"postgresql+psycopg://reader:s3cret-word@{postgres}/postgres"
        source = MoodleLogSource(MoodleLogSettings(url=URL, dsn=Secret(dsn), service_user=8))
        error = take(source).error
        assert isinstance(error, AccessDenied)
        assert "GRANT SELECT" in str(error)
        assert "s3cret-word" not in str(error)
        tables = "mdl_logstore_standard_log, mdl_course_modules, mdl_modules"
        connection.execute(f"GRANT SELECT ON {tables} TO reader")
        (finding,) = source.check()
        assert finding.level == "ok"
        found = read(source)
        assert found.records == read(of(filled(tmp_path / "moodle.db", recorded()))).records
        assert not read(
            MoodleLogSource(MoodleLogSettings(url=URL, dsn=Secret(dsn), overlap=0)), found.state
        ).records

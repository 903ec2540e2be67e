"""Evidence rules for the vocabularies in use: what each of their verbs becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import reduce
from itertools import combinations
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import leercultuur_xapi
from leercultuur_core import (
    PHASE_QUESTION,
    PHASES,
    Activity,
    Fold,
    default_parameters,
    default_rules,
    parse_rules,
)
from leercultuur_core.activity.evidence import Rule
from leercultuur_core.extension import Plugins
from leercultuur_xapi.statement import Mapper
from leercultuur_xapi.vocabularies import VOCABULARIES, rules_of, vocabulary_rules

RULES = default_rules() + vocabulary_rules()
PAGE = (Path(__file__).parents[3] / "docs" / "vocabularies.md").read_text(encoding="utf-8")

PREFIXES = {
    "adl": "http://adlnet.gov/expapi/verbs/",
    "adl-type": "http://adlnet.gov/expapi/activities/",
    "streams": "http://activitystrea.ms/schema/1.0/",
    "tincan": "http://id.tincanapi.com/verb/",
    "tincan-type": "http://id.tincanapi.com/activitytype/",
    "acrossx": "https://w3id.org/xapi/acrossx/verbs/",
    "acrossx-ext": "https://w3id.org/xapi/acrossx/extensions/",
    "acrossx-type": "https://w3id.org/xapi/acrossx/activities/",
    "isd": "https://w3id.org/xapi/dod-isd/verbs/",
    "tla": "https://w3id.org/xapi/tla/verbs/",
    "cmi5": "https://w3id.org/xapi/adl/verbs/",
    "cmi5-type": "https://w3id.org/xapi/cmi5/activitytype/",
    "video": "https://w3id.org/xapi/video/verbs/",
    "video-type": "https://w3id.org/xapi/video/activity-type/",
    "openedx": "https://w3id.org/xapi/openedx/verb/",
    "openedx-type": "https://w3id.org/xapi/openedx/activity/",
    "edlm": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/",
    "edlm-type": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/",
    "h5p": "http://h5p.org/x-api/verbs/",
    "brindlewaye": "https://brindlewaye.com/xAPITerms/verbs/",
}


class Sample(NamedTuple):
    """One thing that a system records, with names as in `PREFIXES`.

    ``around`` is the type of what it is part of, or the one category that a cmi5 statement has.
    """

    what: str
    verb: str
    kind: str
    type: str = ""
    around: str = ""
    required: bool = False


def iri(name: str) -> str:
    prefix, _, word = name.partition(":")
    return PREFIXES[prefix] + word if word else ""


UNIT = "cmi5 category"
CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"

CMI5 = [
    Sample("the LMS launches a unit", "adl:launched", "viewed", around=UNIT),
    Sample("a unit has started", "adl:initialized", "progressed", around=UNIT),
    Sample("all of a unit is done", "adl:completed", "progressed", around=UNIT),
    Sample("the test of a unit is passed", "adl:passed", "progressed", around=UNIT),
    Sample("the test of a unit is not passed", "adl:failed", "failed", around=UNIT),
    Sample("a session broke off", "cmi5:abandoned", "other", around=UNIT),
    Sample("a unit may be skipped", "cmi5:waived", "validated", around=UNIT),
    Sample("a session has ended", "adl:terminated", "other", around=UNIT),
    Sample("a block is done", "cmi5:satisfied", "progressed", "cmi5-type:block", UNIT),
    Sample("the course is done", "cmi5:satisfied", "completed", "cmi5-type:course", UNIT),
]

FILM = "video-type:video"

VIDEO = [
    Sample("the player is ready", "adl:initialized", "other", FILM),
    Sample("played", "video:played", "progressed", FILM),
    Sample("paused", "video:paused", "other", FILM),
    Sample("moved to another moment", "video:seeked", "other", FILM),
    Sample("watched to the end", "adl:completed", "progressed", FILM),
    Sample("closed the player", "adl:terminated", "other", FILM),
    Sample("set captions, volume or screen", "adl:interacted", "other", FILM),
]

QUESTION = "adl-type:cmi.interaction"

H5P = [
    Sample("an exercise appears", "adl:attempted", "progressed"),
    Sample("chose or moved something", "adl:interacted", "progressed"),
    Sample("answered a question", "adl:answered", "progressed", QUESTION),
    Sample("responded", "adl:responded", "shared"),
    Sample("looked through text or pictures", "streams:consume", "viewed"),
    Sample("on to the next page or slide", "adl:progressed", "progressed"),
    Sample("finished an exercise", "adl:completed", "completed"),
    Sample("finished one question of it", "adl:completed", "progressed", QUESTION),
    Sample("passed an exercise", "adl:passed", "completed"),
    Sample("one question right", "adl:passed", "progressed", QUESTION),
    Sample("mastered an exercise", "adl:mastered", "completed"),
    Sample("mastered one question", "adl:mastered", "progressed", QUESTION),
    Sample("did not pass an exercise", "adl:failed", "failed"),
    Sample("one question wrong", "adl:failed", "progressed", QUESTION),
    Sample("a score that belongs to an answer", "adl:scored", "other"),
    Sample("started", "adl:initialized", "progressed"),
    Sample("stopped for now", "adl:suspended", "progressed"),
    Sample("went on", "adl:resumed", "progressed"),
    Sample("left", "adl:exited", "other"),
    Sample("ended", "adl:terminated", "other"),
    Sample("launched", "adl:launched", "viewed"),
    Sample("experienced", "adl:experienced", "viewed"),
    Sample("attended", "adl:attended", "progressed"),
    Sample("asked", "adl:asked", "asked"),
    Sample("commented", "adl:commented", "shared"),
    Sample("shared", "adl:shared", "shared"),
    Sample("preferred", "adl:preferred", "searched"),
    Sample("registered", "adl:registered", "registered"),
    Sample("imported", "adl:imported", "other"),
    Sample("button: took the file along", "adl:downloaded", "other"),
    Sample("button: copied", "adl:copied", "other"),
    Sample("button: reuse", "adl:accessed-reuse", "other"),
    Sample("button: embed", "adl:accessed-embed", "other"),
    Sample("button: rights of use", "adl:accessed-copyright", "other"),
]

KOLIBRI = [
    Sample("a part of an exercise is done", "adl:progressed", "progressed"),
    Sample("content is done", "adl:completed", "completed"),
    Sample("logged in", "cmi5:logged-in", "other"),
    Sample("logged out", "cmi5:logged-out", "other"),
    Sample("button: took the file along", "h5p:downloaded", "other"),
    Sample("button: copied", "h5p:copied", "other"),
    Sample("button: reuse", "h5p:accessed-reuse", "other"),
    Sample("button: embed", "h5p:accessed-embed", "other"),
    Sample("button: rights of use", "h5p:accessed-copyright", "other"),
]

COURSE = "adl-type:course"
TALK = "tincan-type:discussion"
RESOURCE = "tincan-type:resource"

OPENEDX = [
    Sample("enrolled, or enrolled otherwise", "adl:registered", "registered", COURSE),
    Sample("enrolled as required", "adl:registered", "other", COURSE, required=True),
    Sample("left a course", "tincan:unregistered", "other", COURSE),
    Sample("passed a course", "adl:passed", "completed", COURSE),
    Sample("no longer passes a course", "adl:failed", "failed", COURSE),
    Sample("a grade of the course so far", "tincan:earned", "other", COURSE),
    Sample("a grade of a part so far", "tincan:earned", "other", RESOURCE, COURSE),
    Sample("sent in an answer", "adl:attempted", "progressed", QUESTION, COURSE),
    Sample("an answer got its grade", "adl:attempted", "progressed", "adl-type:question", COURSE),
    Sample("an answer was judged", "acrossx:evaluated", "other", QUESTION, COURSE),
    Sample("an answer was judged", "acrossx:evaluated", "other", "adl-type:question", COURSE),
    Sample("a problem is done", "adl:completed", "progressed", QUESTION, COURSE),
    Sample("looked at the answer", "adl:asked", "progressed", "tincan-type:solution", COURSE),
    Sample("took a hint", "adl:asked", "progressed", "acrossx-ext:supplemental-info", COURSE),
    Sample("a block is done", "adl:progressed", "progressed", RESOURCE, COURSE),
    Sample("followed a link", "isd:navigated", "viewed", "adl-type:link", COURSE),
    Sample("opened a part", "isd:navigated", "viewed", "adl-type:module", COURSE),
    Sample("turned a page", "isd:navigated", "viewed", RESOURCE, COURSE),
    *(
        Sample("the same, as required", "isd:navigated", "viewed-required", where, COURSE, True)
        for where in ("adl-type:link", "adl-type:module", RESOURCE)
    ),
    *(
        Sample("began an exam", "adl:initialized", "progressed", f"openedx-type:{exam}", COURSE)
        for exam in ("timed-assessment", "practice-assessment", "proctored-assessment")
    ),
    Sample("handed in an exam", "adl:terminated", "other", "openedx-type:timed-assessment", COURSE),
    Sample("a video is loaded", "adl:initialized", "other", FILM, COURSE),
    Sample("played a video", "video:played", "progressed", FILM, COURSE),
    Sample("paused a video", "video:paused", "other", FILM, COURSE),
    Sample("moved in a video", "video:seeked", "other", FILM, COURSE),
    Sample("stopped a video", "adl:terminated", "other", FILM, COURSE),
    Sample("watched to the end", "adl:completed", "progressed", FILM, COURSE),
    Sample("watched to the end, in the docs", "isd:completed", "progressed", FILM, COURSE),
    Sample("set captions or speed", "adl:interacted", "other", FILM, COURSE),
    Sample("set captions or speed, in the docs", "video:interacted", "other", FILM, COURSE),
    Sample("posted in the forum", "acrossx:posted", "shared", TALK),
    Sample("read in the forum", "tincan:viewed", "viewed", TALK),
    Sample("changed a post", "acrossx:edited", "other", TALK),
    Sample("removed a post", "isd:deleted", "other", TALK),
    Sample("voted for a post", "openedx:voted", "feedback-given", TALK),
    Sample("flagged a post", "acrossx:reported", "other", TALK),
    Sample("took back a flag", "openedx:unreported", "other", TALK),
]

SITE = "tincan-type:lms"
NOW = "cmi5-type:course"
THEN = "tincan-type:lms/course"
MEETING = "adl-type:meeting"

MOODLE = [
    Sample("a course is done", "adl:completed", "completed", NOW, SITE),
    Sample("a page of a course is done", "adl:completed", "progressed", "acrossx-type:page", NOW),
    Sample("a quiz is handed in", "adl:completed", "progressed", "adl-type:attempt", NOW),
    Sample("a lesson has ended", "adl:completed", "progressed", "edlm-type:lesson-session", NOW),
    Sample("a part is done, until 4.7", "adl:completed", "progressed", "adl-type:media", THEN),
    Sample("a part is done, until 3.18", "tincan:completed", "progressed", "adl-type:media", THEN),
    Sample("a course is done, until 3.18", "tincan:completed", "completed", THEN, SITE),
    Sample("a course in a course", "adl:completed", "completed", COURSE, NOW),
    Sample("a course in a course, until 4.7", "adl:completed", "completed", COURSE, THEN),
    Sample("passed a course in a course", "adl:passed", "completed", COURSE, NOW),
    Sample("the same, until 4.7", "adl:passed", "completed", COURSE, THEN),
    Sample("a tick was taken away", "edlm:uncompleted", "other", "acrossx-type:page", NOW),
    Sample("a package passed", "adl:passed", "progressed", "edlm-type:scorm-content-object", NOW),
    Sample("a package passed, until 4.7", "adl:passed", "progressed", "adl-type:media", THEN),
    Sample("a package not passed", "adl:failed", "failed", "edlm-type:scorm-content-object", NOW),
    Sample("opened a package", "adl:launched", "viewed", "edlm-type:scorm-content-object", NOW),
    Sample("enrolled", "edlm:enrolled", "registered", NOW),
    Sample("enrolled as required", "edlm:enrolled", "other", NOW, required=True),
    Sample("enrolled, until 4.7", "adl:registered", "registered", THEN),
    Sample("an account was made", "adl:registered", "other", SITE, SITE),
    Sample("signed up for a session", "adl:registered", "registered", "adl-type:lesson", NOW),
    Sample("cancelled a session", "tincan:unregistered", "other", "adl-type:lesson", NOW),
    Sample("came to a session", "adl:attended", "progressed", "adl-type:lesson", NOW),
    Sample("unenrolled", "streams:leave", "other", NOW),
    Sample("an enrolment on hold", "tla:suspended", "other", NOW),
    Sample("an enrolment opened again", "tla:resumed", "other", NOW),
    Sample("a programme was assigned", "streams:assign", "other", "tincan-type:lms/program", SITE),
    Sample("was put in a group", "streams:join", "other", "edlm-type:group", NOW),
    Sample("logged in", "edlm:login", "other", SITE, SITE),
    Sample("logged out", "edlm:logout", "other", SITE, SITE),
    Sample("was shown around", "edlm:toured", "other", SITE, SITE),
    Sample("searched the site", "acrossx:searched", "searched", "acrossx-type:webpage", SITE),
    Sample("opened a part", "tincan:viewed", "viewed", "adl-type:link", NOW),
    Sample(
        "opened a required part", "tincan:viewed", "viewed-required", "adl-type:link", NOW, True
    ),
    Sample("began a lesson or quiz", "streams:start", "progressed", "adl-type:attempt", NOW),
    Sample("answered a question", "adl:answered", "progressed", QUESTION, NOW),
    Sample("went on", "tla:resumed", "progressed", "edlm-type:lesson-session", NOW),
    Sample("kept answers for later", "tla:suspended", "progressed", "adl-type:lesson", NOW),
    Sample("began again", "edlm:restarted", "progressed", "edlm-type:lesson-session", NOW),
    Sample("the time was over", "edlm:exceeded", "other", "adl-type:attempt", NOW),
    Sample("handed in work", "streams:submit", "progressed", "edlm-type:submission", NOW),
    Sample("sent in a survey", "streams:submit", "other", "tincan-type:survey", NOW),
    Sample("sent in a questionnaire", "streams:submit", "other", "edlm-type:feedback", NOW),
    Sample("the same, until 3.18", "tincan:submitted", "other", THEN, SITE),
    Sample("a question of it", "adl:answered", "other", QUESTION, "edlm-type:feedback"),
    Sample("looked at how a quiz went", "streams:receive", "viewed", "streams:review", NOW),
    Sample("as required", "streams:receive", "viewed-required", "streams:review", NOW, True),
    Sample("came to an online lesson", "streams:join", "progressed", MEETING, NOW),
    Sample("left an online lesson", "streams:leave", "other", MEETING, NOW),
    Sample("an online lesson goes on", "tincan:live", "other", MEETING, NOW),
    Sample("ended an online lesson", "tincan:adjourned", "other", MEETING, NOW),
    Sample("set up an online lesson", "streams:create", "other", MEETING, SITE),
    Sample("the same, in 4.6", "isd:created", "other", MEETING, SITE),
    Sample("closed a recording", "tincan:secured", "other", MEETING, NOW),
    Sample("opened a recording", "tincan:unsecured", "other", MEETING, NOW),
    Sample("changed a recording", "isd:edited", "other", MEETING, SITE),
    Sample("published a recording", "isd:published", "other", MEETING, SITE),
    Sample("took a recording back", "streams:retract", "other", MEETING, NOW),
    Sample("removed a recording", "isd:deleted", "other", MEETING, NOW),
    Sample("brought in a recording or questions", "adl:imported", "other", MEETING, NOW),
    Sample("was awarded a badge", "tla:achieved", "validated", "edlm-type:badge", NOW),
    Sample("was awarded a certificate", "tla:achieved", "validated", "edlm-type:certificate", NOW),
    Sample("a badge was taken back", "tla:forfeited", "other", "edlm-type:badge", NOW),
    Sample("checked a certificate", "tla:verified", "other", "edlm-type:certificate", SITE),
    Sample("work got its score", "tla:scored", "other", "edlm-type:submission", NOW),
    Sample("the same, until 4.7", "adl:scored", "other", "adl-type:attempt", THEN),
    Sample("judged an essay", "isd:assessed", "feedback-given", QUESTION, SITE),
    Sample("closed what was handed in", "edlm:locked", "other", "edlm-type:submission", NOW),
    Sample("opened it again", "edlm:unlocked", "other", "edlm-type:submission", NOW),
    Sample("began a discussion", "streams:create", "shared", TALK, SITE),
    Sample("replied", "tincan:replied", "shared", "tincan-type:forum-reply", NOW),
    Sample("commented", "adl:commented", "shared", "edlm-type:wiki-page", NOW),
    Sample("made a course or a part of one", "streams:create", "other", NOW, SITE),
    Sample("changed a post or a course", "acrossx:edited", "other", "edlm-type:forum", SITE),
    Sample("changed a note", "streams:update", "other", "streams:note", SITE),
    Sample("removed something", "streams:delete", "other", "tincan-type:forum-reply", NOW),
    Sample("sent a message", "streams:send", "other", "tincan-type:chat-message", SITE),
    Sample("read a message", "tincan:viewed", "other", "tincan-type:chat-message", SITE),
    Sample("looked up a person", "tincan:viewed", "other", "tincan-type:user-profile", SITE),
    Sample("looked at a report", "tincan:viewed", "other", "edlm-type:report", NOW),
    Sample("wants mail of a forum", "edlm:subscribed", "other", "edlm-type:forum", NOW),
    Sample("wants it no longer", "edlm:unsubscribed", "other", "edlm-type:forum", NOW),
    Sample("logged in, with the setting for Jisc", "brindlewaye:loggedin", "other", SITE, SITE),
    Sample("logged out, with the setting for Jisc", "brindlewaye:loggedout", "other", SITE, SITE),
]

# Every verb in each text, as listed there; H5P's `voided` is a retraction before any rule is asked.
VERBS = {
    "cmi5": "adl: launched initialized completed passed failed terminated;"
    "cmi5: abandoned waived satisfied",
    "video": "video: played paused seeked; adl: initialized completed terminated interacted",
    "h5p": "adl: answered asked attempted attended commented completed exited experienced failed"
    " imported initialized interacted launched mastered passed preferred progressed registered"
    " responded resumed scored shared suspended terminated downloaded copied accessed-reuse"
    " accessed-embed accessed-copyright; streams: consume",
    "kolibri": "adl: progressed completed; cmi5: logged-in logged-out;"
    "h5p: downloaded copied accessed-reuse accessed-embed accessed-copyright",
    "openedx": "adl: attempted registered completed passed failed progressed terminated asked"
    " initialized interacted; acrossx: evaluated posted edited reported;"
    "tincan: unregistered viewed earned; isd: navigated deleted completed;"
    "openedx: voted unreported; video: played paused seeked interacted",
    "moodle": "streams: create delete join leave send start submit update assign receive retract;"
    "adl: answered attended commented completed failed imported launched passed registered scored;"
    "tincan: adjourned live replied secured unregistered unsecured viewed completed submitted;"
    "brindlewaye: loggedin loggedout; acrossx: edited searched;"
    "isd: assessed deleted edited published created;"
    "tla: achieved forfeited resumed scored suspended verified;"
    "edlm: enrolled exceeded locked login logout restarted subscribed toured uncompleted unlocked"
    " unsubscribed",
}

SAMPLES = {
    "cmi5": CMI5,
    "video": VIDEO,
    "h5p": H5P,
    "kolibri": KOLIBRI,
    "openedx": OPENEDX,
    "moodle": MOODLE,
}


def activity(sample: Sample, verb: str = "") -> Activity:
    """What the reader makes of a statement that holds no more than its vocabulary asks."""
    definition: dict[str, Any] = {"type": iri(sample.type)} if sample.type else {}
    if sample.required:
        definition["extensions"] = {"https://lms.example/ext/required": True}
    context: dict[str, Any] = {}
    if sample.around == UNIT:
        context = {"category": [{"id": CATEGORY}]}
    elif sample.around:
        kind_of_relation = "category" if sample.around == SITE else "parent"
        place = {"id": "https://lms.example/7", "definition": {"type": iri(sample.around)}}
        context = {kind_of_relation: [place]}
    statement = {
        "actor": {"account": {"homePage": "https://lms.example", "name": "sanne"}},
        "verb": {"id": verb or iri(sample.verb)},
        "object": {"id": "https://lms.example/8", "definition": definition},
        "context": {"contextActivities": context},
        "timestamp": "2026-03-02T09:00:00+01:00",
    }
    record = Mapper().record(json.dumps(statement).encode())
    assert isinstance(record, Activity)
    return record


def spellings(sample: Sample) -> Iterator[Activity]:
    """The sample, and the same in the other spelling of Activity Streams."""
    yield activity(sample)
    if sample.verb.startswith("streams:"):
        yield activity(sample, iri(sample.verb).replace("/schema/1.0/", "/"))


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_each_verb_becomes_what_its_vocabulary_means(vocabulary: str) -> None:
    found = [
        (sample, RULES.kind(one)) for sample in SAMPLES[vocabulary] for one in spellings(sample)
    ]
    assert [(sample, kind) for sample, kind in found if kind != sample.kind] == []


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_no_verb_of_a_vocabulary_is_left_out(vocabulary: str) -> None:
    groups = (group.partition(":") for group in VERBS[vocabulary].split(";"))
    verbs = {f"{prefix.strip()}:{word}" for prefix, _, words in groups for word in words.split()}
    assert {sample.verb for sample in SAMPLES[vocabulary]} == verbs


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_rule_says_where_it_was_read(vocabulary: str) -> None:
    rules = rules_of(vocabulary)
    texts = {
        "cmi5": "cmi5 Quartz, 1st edition, 9.",
        "video": "Video profile 1.0.2, ",
        "h5p": "H5P core API 1 (2026-07), ",
        "kolibri": "Kolibri hashi xAPIVocabulary.js (64fd9f2): ",
        "openedx": "event-routing-backends 10.0.1, ",
        "moodle": "logstore_xapi ",
    }
    assert all(rule.ground.startswith(texts[vocabulary]) for rule in rules.rules)
    assert all(rule.ground.endswith(".") for rule in rules.rules)
    assert rules.version.startswith(vocabulary)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_rule_decides_about_something_and_is_needed(vocabulary: str) -> None:
    """Without it, something that its vocabulary says would be read otherwise."""
    changing = set()
    for sample in SAMPLES[vocabulary]:
        for one in spellings(sample):
            first, *others = [rule for rule in RULES.rules if rule.matches(one)]
            if not others or others[0].kind != first.kind:
                changing.add(first)
    assert [rule for rule in rules_of(vocabulary).rules if rule not in changing] == []


_CONDITIONS = ("verb", "object_type", "object_id", "answer", "required")


def _can_both_hold(one: Rule, other: Rule) -> bool:
    pairs = ((getattr(one, name), getattr(other, name)) for name in _CONDITIONS)
    return all(mine is None or yours is None or mine == yours for mine, yours in pairs)


def _contradictions(rules: tuple[Rule, ...]) -> list[tuple[Rule, Rule]]:
    return [
        (one, other)
        for one, other in combinations(rules, 2)
        if one.conditions == other.conditions
        and one.kind != other.kind
        and _can_both_hold(one, other)
        and PHASE_QUESTION not in (one.object_id, other.object_id)
    ]


def test_the_vocabularies_do_not_contradict_each_other() -> None:
    assert _contradictions(vocabulary_rules().rules) == []


def test_where_a_vocabulary_and_the_core_differ_the_vocabulary_decides() -> None:
    """With equally many conditions. A unit may have the type of a course; in cmi5 it is a part."""
    differ = _contradictions(RULES.rules)
    done, viewed = iri("adl:completed"), iri("tincan:viewed")
    assert {(one.verb, one.context_type or one.object_type) for one, _ in differ} == {
        (done, CATEGORY),
        (done, iri(NOW)),  # unless the whole course is in a course: that rule has three conditions
        (done, iri(THEN)),
        (viewed, iri("tincan-type:chat-message")),  # also where reading it is required
        (viewed, iri("tincan-type:user-profile")),
        (viewed, iri("edlm-type:report")),
    }
    ours, theirs = set(vocabulary_rules().rules), set(default_rules().rules)
    assert all(one in ours and other in theirs for one, other in differ)


def test_the_order_of_the_files_decides_nothing() -> None:
    backwards = default_rules() + reduce(add, map(rules_of, reversed(VOCABULARIES)))
    everything = [one for samples in SAMPLES.values() for s in samples for one in spellings(s)]
    assert [backwards.kind(one) for one in everything] == [RULES.kind(one) for one in everything]


def test_a_rule_of_ones_own_comes_first() -> None:
    mine = parse_rules(
        f"""
        schema = 1
        version = "korenaar-1"
        [[rule]]
        verb = "{iri("adl:completed")}"
        object_type = "{iri(FILM)}"
        kind = "completed"
        ground = "Our courses are single videos."
        """,
        "mine.toml",
    )
    watched = activity(Sample("watched", "adl:completed", "completed", FILM))
    assert RULES.kind(watched) == "progressed"
    assert (RULES + mine).kind(watched) == "completed"


@pytest.mark.parametrize(
    "verb",
    [
        "isd:navigated",  # known for pages only; elsewhere it is about ships
        "acrossx:reported",  # elsewhere: told how something went
        "streams:receive",
        "isd:published",
        "edlm:unheard-of",
    ],
)
def test_what_no_text_explains_stays_unknown_and_is_told(verb: str) -> None:
    one = activity(Sample("something", verb, ""))
    assert RULES.kind(one) is None
    fold = Fold(RULES)
    fold.add([one])
    assert fold.unknown_verbs == {(iri(verb), ""): 1}


def test_an_answer_to_the_phase_question_stays_one_in_a_questionnaire() -> None:
    answer = Activity(
        id="a",
        identities=("s",),
        verb=iri("adl:answered"),
        object_id=PHASE_QUESTION,
        object_type=iri(QUESTION),
        context_types=(iri("edlm-type:feedback"),),
        answer="acting",
        occurred_at=activity(CMI5[0]).occurred_at,
    )
    assert RULES.kind(answer) == "self-report.acting"


def test_the_plugin_gives_its_rules() -> None:
    assert leercultuur_xapi.leercultuur_evidence_rules() == vocabulary_rules()
    plugins = Plugins()
    plugins.register(leercultuur_xapi, "xapi")
    assert plugins.evidence_rules() == [vocabulary_rules()]


# The page in the documentation


def row(sample: Sample) -> str:
    """A row of the page's tables."""
    cells = (f"`{name}`" if ":" in name else name for name in (sample.type, sample.around))
    required = ", required" if sample.required else ""
    return " | ".join(
        (f"| {sample.what}", f"`{sample.verb}`{required}", *cells, f"`{sample.kind}` |")
    )


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_page_tells_of_every_sample(vocabulary: str) -> None:
    assert [row(sample) for sample in SAMPLES[vocabulary] if row(sample) not in PAGE] == []


def test_the_page_tells_what_the_prefixes_are() -> None:
    assert [name for name, iri_ in PREFIXES.items() if f"| `{name}` | `{iri_}` |" not in PAGE] == []


def test_what_hr_systems_give_becomes_what_the_page_says() -> None:
    section = PAGE.partition("## HR verbs")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| [^|]+ \| `(\S+)` \| (\S+) \| `([\w-]+)` \|", section, re.MULTILINE)
    found = [
        Activity(
            id="a",
            identities=("employee|korenaar|7",),
            verb=verb,
            object_type="" if type_ == "(any)" else type_.strip("`"),
            occurred_at=activity(CMI5[0]).occurred_at,
        )
        for verb, type_, _ in rows
    ]
    assert [default_rules().kind(one) for one in found] == [kind for _, _, kind in rows]
    # The plugin changes nothing about them.
    assert [RULES.kind(one) for one in found] == [kind for _, _, kind in rows]
    table = section.partition("\n| kind |")[0]
    assert len(rows) == table.count("\n| ") - 2  # no row escapes


def hr_kinds() -> list[tuple[str, str, str]]:
    """Kind, phase and ground, as in the page's table of kinds."""
    table = PAGE.partition("| kind | speaks most for |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.+) \|$", table, re.MULTILINE)


def test_what_the_kinds_of_hr_speak_for_is_as_the_page_says() -> None:
    parameters = default_parameters()
    assert {"talk-held", "means-requested", "task-changed", "planned", "mentored", "validated"} == {
        kind for kind, _, _ in hr_kinds()
    }
    for kind, phase, ground in hr_kinds():
        rates = dict(zip(PHASES, parameters.rates[kind], strict=True))
        assert max(rates, key=lambda one: rates[one]) == phase
        assert parameters.grounds[f"rate.{kind}"] == f"Reasoned: {ground}"

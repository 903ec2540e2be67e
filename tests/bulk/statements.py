"""Statements as they come: well, odd and wrong."""

from __future__ import annotations

import json
from typing import Any

ADL = "http://adlnet.gov/expapi"
VOIDED = f"{ADL}/verbs/voided"
PROFILE = "urn:leercultuur:profile"


def uuid(number: int) -> str:
    return f"0000000a-0000-4000-8000-{number:012x}"


def statement(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A statement that is well; ``changes`` take the place of its parts, None takes one away."""
    made = {
        "id": uuid(number),
        "actor": {"account": {"homePage": "https://leren.example", "name": f"u{number % 4}"}},
        "verb": {"id": f"{ADL}/verbs/completed"},
        "object": {
            "id": "https://leren.example/courses/1/lesson/2",
            "definition": {"type": f"{ADL}/activities/lesson"},
        },
        "context": {"platform": "site-1"},
        "timestamp": f"2026-02-{number % 27 + 1:02d}T10:00:00Z",
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def line(number: int = 1, **changes: Any) -> bytes:
    return json.dumps(statement(number, **changes), ensure_ascii=False).encode() + b"\n"


def void(number: int, target: int) -> bytes:
    return line(
        number,
        verb={"id": VOIDED},
        object={"objectType": "StatementRef", "id": uuid(target)},
    )


def group(number: int) -> bytes:
    members = [{"mbox": f"mailto:m{one}@leren.example"} for one in range(3)]
    return line(number, actor={"objectType": "Group", "member": members})


OWN = {"contextActivities": {"category": [{"id": f"{PROFILE}:1"}]}}

MESSY: dict[str, bytes] = {
    "a comma too many": line(900)[:-2] + b",}\n",
    "a comma too many inside": line(901).replace(b'"site-1"}', b'"site-1",}'),
    "NaN where nobody looks": line(902)[:-2] + b', "extra": NaN}\n',
    "no JSON": b"{not json}\n",
    "half a line": line(903)[:60] + b"\n",
    "two in one line": line(904)[:-1] + line(905),
    "a key twice": line(906)[:-2] + b', "id": "' + uuid(907).encode() + b'"}\n',
    "a verb twice": line(908)[:-2] + b', "verb": {"id": "urn:other"}}\n',
    "a key twice inside": line(909).replace(b'{"homePage"', b'{"name": "x", "homePage"'),
    "a number as name": line(910, actor={"account": {"homePage": "https://a.example", "name": 5}}),
    "a number as id": line(911, id=12),
    "no id": line(912, id=None),
    "an id that is none": line(913, id="een"),
    "an id in capitals": line(914, id=uuid(914).upper()),
    "no time": line(915, timestamp=None),
    "stored only": line(916, timestamp=None, stored="2026-02-03T23:30:00-01:00"),
    "a time without an offset": line(917, timestamp="2026-02-03T10:00:00"),
    "a time in another form": line(918, timestamp="2026-02-03 10:00+01:00"),
    "a day that is not there": line(919, timestamp="2026-02-30T10:00:00Z"),
    "a leap second": line(920, timestamp="2026-02-03T23:59:60Z"),
    "a wrong stored": line(921, stored="gisteren"),
    "long ago": line(922, timestamp="0099-02-03T10:00:00Z"),
    "a score too high": line(923, result={"score": {"scaled": 2}}),
    "a score that is text": line(924, result={"score": {"scaled": "0.5"}}),
    "success as text": line(925, result={"success": "true"}),
    "a result that is none": line(926, result=5),
    "a context that is none": line(927, context=[]),
    "display as text": line(928, verb={"id": "urn:v", "display": "did"}),
    "a name as text": line(
        929, object={"id": "urn:o", "definition": {"name": "Les 1", "type": "urn:t"}}
    ),
    "version as number": line(930, version=1.0),
    "authority as text": line(931, authority="me"),
    "attachments": line(932, attachments=[{"usageType": "urn:u"}]),
    "wrong attachments": line(933, attachments=[5]),
    "nulls": line(934)[:-2] + b', "result": null, "stored": null}\n',
    "an actor that is null": line(935, actor=None)[:-2] + b', "actor": null}\n',
    "half a character": line(936, context={"platform": "x"}).replace(b'"x"', b'"\\ud800"'),
    "half a character where nobody looks": line(937)[:-2] + b', "extra": "\\ud800"}\n',
    "no UTF-8": line(938)[:-2] + b', "extra": "\xff"}\n',
    "a control character": line(939)[:-2] + b', "extra": "\x01"}\n',
    "a list": b"[1, 2]\n",
    "an object with nothing": b"{}\n",
    "a number": b"12\n",
    "nothing": b"\n",
    "spaces": b"  \t \n",
    "a return before the end": line(940)[:-1] + b"\r\n",
    "spaces around": b"  " + line(941)[:-1] + b"  \n",
    "nested too deep": line(942)[:-2] + b', "extra": ' + b"[" * 3000 + b"]" * 3000 + b"}\n",
    "an escaped id": line(943).replace(b"-8000-", b"-\\u0038000-"),
    "an escaped id and a comma": line(944).replace(b"-8000-", b"-\\u0038000-")[:-2] + b",}\n",
    "required": line(945, context={"extensions": {"https://lms.example/ext/required": True}}),
    "required, with an escape": line(
        946, context={"extensions": {"https://lms.example/ext/required": "ja"}}
    ).replace(b'"ja"', b'"\\u006aa"'),
    "said by ourselves": line(947, context=OWN),
    "said by ourselves, at no time": line(960, context=OWN, timestamp="later"),
    "said by ourselves, with a wrong score": line(
        961, context=OWN, result={"score": {"scaled": 9}}
    ),
    "a void by ourselves": line(
        962,
        context=OWN,
        verb={"id": VOIDED},
        object={"objectType": "StatementRef", "id": uuid(7)},
    ),
    "a void of nothing": line(948, verb={"id": VOIDED}),
    "a substatement": line(949, object={"objectType": "SubStatement"}),
    "an empty platform": line(950, context={"platform": ""}),
    "an answer": line(
        951,
        object={"id": "urn:leercultuur:question:phase"},
        result={"response": "acting"},
    ),
    "free text": line(
        952, object={"id": "urn:leercultuur:question:phase"}, result={"response": "best"}
    ),
    "mail": line(953, actor={"mbox": "mailto:Sanne@leren.example"}),
    "openid": line(954, actor={"openid": "https://id.example/sanne"}),
    "a group of nobody": line(955, actor={"objectType": "Group"}),
    "unknown verb": line(956, verb={"id": "urn:never-heard-of"}),
    "a text of a kilobyte": line(957, context={"platform": "p" * 5000}),
    "other keys in capitals": line(963)[:-2] + b', "ID": "x", "Verb": 5}\n',
    "a key in capitals": line(964).replace(b'"verb"', b'"VERB"'),
    "an account in capitals": line(965).replace(b'"homePage"', b'"homepage"'),
    "after the day": line(958, timestamp="2026-03-02T00:00:00Z"),
    "a grouping": line(
        959,
        context={
            "contextActivities": {
                "grouping": {
                    "id": "https://leren.example/courses/9",
                    "definition": {"type": f"{ADL}/activities/course"},
                }
            }
        },
    ),
}

"""What a source gives: whole, aware, canonical, the same in every run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ..activity.activity import Activity, Retraction, content_digest
from ..activity.visibility import Visibility
from ..extension import Page, Source, State
from . import faults
from .contract import ScriptedServer, expect
from .faults import CANARY
from .recordings import Responder
from .scripted import Step
from .system import SourceFixtures, System, told
from .taking import counted, take

CANONICAL = re.compile(
    r"account\|[^|]+\|.+|mbox_sha1sum\|[0-9a-f]{40}|openid\|[^|]+|employee\|[^|]+\|.+", re.DOTALL
)
"""How identifiers are spelled; see `leercultuur_core.identity`."""

_LONGEST_MARK = 4096


class Shape(SourceFixtures):
    """Part of `leercultuur_core.testing.SourceContract`."""

    @pytest.fixture
    def listed(self, online: System) -> System:
        """A system whose answers are lists of rows."""
        online.start()
        found: list[bool] = []

        def look(step: Step) -> Step:
            found.append(faults.rows(step) is not None)
            return step

        online.server.fault(look)
        online.read()
        if not any(found):
            pytest.skip("its answers are no JSON with a list of rows: rows cannot be damaged")
        return online

    def test_only_asks_what_was_recorded(self, system: System) -> None:
        """A request that the recording does not have: the test would be about nothing."""
        unknown = list(dict.fromkeys(system.server.unknown))
        expect(not unknown, "; ".join(unknown))

    def test_gives_activities(self, system: System) -> None:
        """A run brings something, and nothing but activities and retractions."""
        expect(system.well.records, "no activities: put some in the recording")
        for page in system.well.pages:
            expect(isinstance(page, Page), f"fetch yields Page, found {type(page).__name__}")
        for record in system.well.records:
            expect(
                isinstance(record, Activity | Retraction),
                f"a page holds Activity and Retraction, found {type(record).__name__}",
            )

    def test_times_carry_an_offset(self, system: System) -> None:
        """A naive time is read in the zone of whatever machine happens to run."""
        for one in system.activities():
            expect(
                one.stored_at is None or one.stored_at.tzinfo is not None,
                "naive times: stored_at has no offset; give it the system's time zone",
            )

    def test_identifiers_are_canonical(self, system: System) -> None:
        """One spelling for one person, whichever system names them."""
        for one in system.activities():
            for identifier in (*one.identities, *(name for member in one.group for name in member)):
                expect(
                    CANONICAL.fullmatch(identifier),
                    "an identifier is not canonical: make it with leercultuur_core.identity "
                    "(account, mailbox, openid, employee)",
                )

    def test_ids_are_the_same_in_every_run(self, system: System) -> None:
        """An id that changes makes one activity count twice."""
        system.start()
        expect(
            set(counted(system.read())) == set(counted(system.well)),
            "ids differ between two runs: derive them from the system's own, never from a random "
            "number, the clock, hash() or a position",
        )

    def test_content_is_the_same_in_every_run(self, system: System) -> None:
        """The same row is the same activity, whenever it is read."""
        system.start()
        first, second = counted(system.well), counted(system.read())
        expect(
            all(first[key] == second[key] for key in first.keys() & second.keys()),
            "one row gives two different activities in two runs: leave the clock out of it",
        )

    def test_ids_are_unique(self, system: System) -> None:
        """Of two different activities under one id, one would be lost."""
        seen: dict[tuple[str, int], bytes] = {}
        for one in system.activities():
            digest = content_digest(one)
            expect(
                seen.setdefault((one.id, one.revision), digest) == digest,
                "two different activities have one id and revision: make ids unique, and give "
                "what was changed a higher revision",
            )

    def test_marks_are_text_and_name_nobody(self, system: System) -> None:
        """A mark is kept in plain sight; what is remembered of people belongs in ``learners``."""
        names = {name for one in system.activities() for name in one.identities}
        for page in system.well.pages:
            expect(
                page.mark is None or isinstance(page.mark, str),
                f"a mark is text or None, found {type(page.mark).__name__}",
            )
            expect(
                len(page.mark or "") <= _LONGEST_MARK,
                f"a mark is longer than {_LONGEST_MARK} characters: keep a time or a cursor in it",
            )
            for name in names:
                expect(
                    name.rpartition("|")[2] not in re.split(r"[^\w@.+-]+", page.mark or ""),
                    "a mark names a learner: put that in Page.learners, where it can be erased",
                )

    def test_learners_are_canonical(self, system: System) -> None:
        """What a source remembers of people is kept under their identifier, so that it can go."""
        for page in system.well.pages:
            for identifier in page.learners:
                expect(
                    CANONICAL.fullmatch(identifier),
                    "Page.learners has a key that is no canonical identifier",
                )

    def test_learners_are_only_asked_for(
        self, source: Source, scripted: ScriptedServer, fill: Callable[[], Responder | None]
    ) -> None:
        """The store keeps digests of identifiers: it can be asked for one, and lists none."""
        state = State()
        for _ in range(2):
            answers = fill()
            if answers is not None:
                scripted.play(answers)
            taken = take(self.again(source), state)
            expect(
                not taken.listed,
                "state.learners was gone through, which raises TypeError in the engine: ask for the "
                "identifier of each learner that the system names (state.learners.get(identifier))",
            )
            state = taken.state

    def test_rejects_say_where_and_why(self, system: System) -> None:
        """Somebody must be able to mend what is kept aside."""
        for page in system.well.pages:
            for reject in page.rejects:
                expect(
                    reject.place and reject.reason,
                    "a reject without place or reason: say which file or address, and what was "
                    "expected and found",
                )

    def test_a_second_run_is_harmless(self, system: System) -> None:
        """Rows that are read again count once."""
        system.start()
        second = system.read(system.well.state)
        expect(second.error is None, f"a second run ends with {told(second)}")
        expect(
            counted(system.well, second).keys() == counted(system.well).keys(),
            "a second run counts activities again: give what is read again the same id",
        )

    def test_a_mark_of_another_kind(self, system: System) -> None:
        """A mark of an older version or of another adapter: from the start, or an error of ours."""
        system.start()
        taken = system.read(State(mark="\u2603 no mark of yours"))
        right = taken.error is None and counted(taken) == counted(system.well)
        expect(
            right or system.is_ours(taken),
            f"a mark that is not its own: expected a run from the start, found {told(taken)}; "
            "read again what cannot be understood, that does no harm",
        )

    def test_says_what_it_can_see(self, system: System) -> None:
        """``visibility()`` answers without a run."""
        system.start()
        found = system.source.visibility()
        expect(
            found is None or isinstance(found, Visibility),
            f"visibility() gives a Visibility or None, found {type(found).__name__}",
        )

    def test_an_empty_list(self, listed: System) -> None:
        """A system in which nothing happened yet."""
        listed.start()
        listed.server.fault(faults.emptied)
        empty = listed.read()
        right = empty.error is None and not counted(empty)
        expect(right, f"an empty list: expected no activities, found {told(empty)}")

    def test_a_row_that_is_null(self, listed: System) -> None:
        """The rest goes on, and the row is kept aside."""
        self._damaged(listed, lambda _: None, "a row that is null", kept_aside=True)

    def test_a_row_without_fields(self, listed: System) -> None:
        """The rest goes on."""
        self._damaged(listed, lambda _: {}, "a row without fields")

    def test_a_row_of_other_types(self, listed: System) -> None:
        """The rest goes on, where numbers and times hold something else."""
        self._damaged(listed, faults.all_names, "a row with text in each of its fields")

    def test_a_reject_quotes_nobody(self, listed: System, caplog: pytest.LogCaptureFixture) -> None:
        """What stands in a row that cannot be read may be anybody's name."""
        for spot in listed.spots:
            listed.start()
            listed.server.fault(faults.first_row(faults.all_names), first=spot, times=1)
            taken = listed.read()
            listed.server.unknown.clear()
            for page in taken.pages:
                for reject in page.rejects:
                    expect(
                        CANARY not in str(reject) and CANARY not in repr(reject),
                        "personal text in the reason of a reject: say the field and what was "
                        "expected, never the value",
                    )
            expect(
                CANARY not in f"{taken.error!r}{taken.error}",
                "personal text in an error: say the field and what was expected, never the value",
            )
            expect(CANARY not in caplog.text, "personal text in a log line: log numbers and codes")

    def _damaged(
        self, system: System, change: faults.RowChange, fault: str, *, kept_aside: bool = False
    ) -> None:
        whole = counted(system.well)
        for spot in system.spots:
            system.start()
            system.server.fault(faults.without_first_row, first=spot, times=1)
            rest = system.read()
            without = counted(rest)
            if rest.error or whole == without or not without:
                continue  # no list of activities
            system.start()
            system.server.fault(faults.first_row(change), first=spot, times=1)
            taken = system.read()
            expect(
                taken.error is None,
                f"{fault}: expected that the rest goes on, found {told(taken)}; make it a Reject",
            )
            missing = len(without.keys() - counted(taken).keys())
            expect(
                not missing,
                f"{fault}: {missing} other activities are lost with it; make that row a Reject "
                "and go on",
            )
            rejects = sum(len(page.rejects) for page in taken.pages)
            expect(
                rejects or not kept_aside,
                f"{fault}: it vanished; keep it aside as a Reject, so that somebody can mend it",
            )
        system.server.unknown.clear()

"""The contract of a directory; see `DirectoryContract`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import pytest
from attrs import frozen

from ..errors import AccessDenied, LeercultuurError, SourceUnavailable
from ..extension import Directory, DirectoryPerson
from ..maturity.vocabulary import ROLES
from . import faults
from .contract import Contract, Pace, ScriptedServer, expect, logged, secrets_of, texts_of
from .faults import Change
from .recordings import Recording, Responder
from .scripted import Scripted
from .source_shape import CANONICAL


@frozen
class Employee:
    """Somebody who is not there, as any HR system could have them.

    ``manager`` is the number of another one; it may be nobody's.
    """

    number: str
    name: str
    mail: str
    manager: str = ""
    unit: str = "bakery"


Employs = Callable[[Sequence[Employee]], Responder | None]
"""Puts people in the system in place of those that were there; as a `Serve` does with events."""


class DirectoryContract(Contract):
    """What the engine relies on in every `Directory`. Inherit it and give fixtures.

    ``directory``
        The adapter, made with ``scripted.url`` and a `Secret` of at least eight characters.
    ``script``
        ``return recorded("acme-people.json")``: what the real system answered.
    ``employs``
        How the system would show made-up people (`Employs`): runs the tests about odd
        organisations, which are skipped without it.
    """

    adapter = "directory"

    @pytest.fixture
    def directory(self) -> Directory:
        """The adapter: override it."""
        pytest.fail("give a fixture `directory` that makes your adapter", pytrace=False)

    @pytest.fixture
    def employs(self) -> Employs | None:
        """How the system shows made-up people: override it."""
        return None

    @pytest.fixture
    def whole(
        self,
        directory: Directory,
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
    ) -> list[DirectoryPerson]:
        """Everybody, read from a system that is well."""
        self._start(scripted, recording, employs)
        people, error = self._read(directory)
        unknown = "; ".join(dict.fromkeys(scripted.unknown))
        expect(
            error is None,
            f"a run without faults: expected all people, found {_kind(error)} {unknown}",
        )
        expect(people, "no people: put some in the recording")
        expect(not unknown, unknown)
        return people

    # -- what it gives -------------------------------------------------------------------------

    def test_gives_people(self, whole: list[DirectoryPerson]) -> None:
        """Pages of `DirectoryPerson`."""
        for person in whole:
            expect(
                isinstance(person, DirectoryPerson),
                f"people() yields pages of DirectoryPerson, found {type(person).__name__}",
            )

    def test_identifiers_are_canonical(self, whole: list[DirectoryPerson]) -> None:
        """Else nobody's activities are found again."""
        for person in whole:
            expect(person.identifiers, "somebody without identifiers: leave such a row out")
            for identifier in (*person.identifiers, *filter(None, [person.manager])):
                expect(
                    CANONICAL.fullmatch(identifier),
                    "an identifier is not canonical: make it with leercultuur_core.identity",
                )

    def test_nobody_is_there_twice(self, whole: list[DirectoryPerson]) -> None:
        """Two entries with one first identifier are one person with two names."""
        first = [person.identifiers[0] for person in whole]
        expect(
            len(first) == len(set(first)),
            "two entries have the same first identifier: put what is one person's own first",
        )

    def test_roles_are_known(self, whole: list[DirectoryPerson]) -> None:
        """A role that the core does not know has no layer to act in."""
        for person in whole:
            unknown = set(person.roles) - set(ROLES)
            expect(
                person.roles and not unknown,
                f"expected roles among {', '.join(sorted(ROLES))}, found others or none",
            )

    def test_a_repr_names_nobody(self, whole: list[DirectoryPerson]) -> None:
        """It ends up in logs and errors."""
        expect(
            not any(person.name and person.name in repr(person) for person in whole),
            "the repr of a person shows the name: leave DirectoryPerson's own as it is",
        )

    def test_people_are_the_same_in_every_run(
        self,
        directory: Directory,
        whole: list[DirectoryPerson],
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
    ) -> None:
        """Somebody who changes identifiers is somebody else."""
        self._start(scripted, recording, employs)
        again, _ = self._read(directory)
        expect(again == whole, "the same list gives other people in another run")

    # -- faults: all or nothing ----------------------------------------------------------------

    @pytest.fixture
    def half(
        self,
        directory: Directory,
        whole: list[DirectoryPerson],
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
    ) -> Callable[..., None]:
        """Checks that a fault at any request gives all people or the right error."""
        requests = len(scripted.seen)
        if not requests:
            pytest.skip("not read over HTTP: the faults of a server do not reach it")

        def check(
            fault: str,
            change: Change,
            *,
            times: int = 10_000,
            raises: type[Exception] = SourceUnavailable,
            last_only: bool = False,
        ) -> None:
            for spot in sorted({0, requests // 2, requests - 1})[-1 if last_only else 0 :]:
                self._start(scripted, recording, employs)
                scripted.fault(change, first=spot, times=times)
                people, error = self._read(directory)
                right = isinstance(error, raises) if error else people == whole
                expect(
                    right and not scripted.endless,
                    f"{fault}: expected {raises.__name__} or all {len(whole)} people, found "
                    f"{_kind(error) if error else f'{len(people)} people and no error'}; half a "
                    "list looks like people who left",
                )

        return check

    def test_hang(self, half: Callable[..., None], pace: Pace) -> None:
        """The server takes the request and says nothing."""
        pace.hurry()
        self.within(self.patience, lambda: half("hang", faults.hang, last_only=True), "hang")

    def test_slow_drip(self, half: Callable[..., None], pace: Pace) -> None:
        """A byte now and then."""
        pace.hurry()
        self.within(
            self.patience, lambda: half("slow drip", faults.drip, last_only=True), "slow drip"
        )

    def test_connection_lost(self, half: Callable[..., None]) -> None:
        """It breaks before an answer."""
        half("connection lost", faults.hang_up)

    def test_connection_lost_once(self, half: Callable[..., None]) -> None:
        """It breaks, and the next try goes well."""
        half("connection lost once", faults.hang_up, times=1)

    def test_truncated_body(self, half: Callable[..., None]) -> None:
        """The body ends halfway."""
        half("truncated body", faults.truncated)

    def test_server_error(self, half: Callable[..., None]) -> None:
        """500 at every try."""
        half("500", faults.status(500))

    def test_too_many_requests(self, half: Callable[..., None]) -> None:
        """429 at every try."""
        half("429", faults.status(429, Retry_After="3600"))

    def test_not_found(self, half: Callable[..., None]) -> None:
        """404: somebody moved the address."""
        half("404", faults.status(404))

    def test_html_with_200(self, half: Callable[..., None]) -> None:
        """A web page is no empty list."""
        half("HTML with 200", faults.web_page)

    def test_empty_body_with_200(self, half: Callable[..., None]) -> None:
        """An empty answer is no empty list."""
        half("empty body with 200", faults.nothing)

    def test_other_shape_with_200(self, half: Callable[..., None]) -> None:
        """JSON of another shape is no empty list."""
        half("other JSON with 200", faults.other_shape, raises=LeercultuurError)

    def test_token_refused(self, half: Callable[..., None]) -> None:
        """401: somebody must do something, so it is said."""
        half("token refused", faults.status(401), raises=AccessDenied)

    def test_right_missing(self, half: Callable[..., None]) -> None:
        """403: a right is missing, so it is said."""
        half("right missing", faults.status(403), raises=AccessDenied)

    @pytest.mark.usefixtures("whole")
    def test_endless_pages(
        self,
        directory: Directory,
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
    ) -> None:
        """A page that names itself as the next one, for ever."""
        requests = len(scripted.seen)
        if requests < 2:
            pytest.skip("all comes in one answer: record at least two pages")
        self._start(scripted, recording, employs)
        scripted.fault(faults.stuck(), first=requests - 2)
        _, error = self._read(directory)
        expect(
            not scripted.endless and isinstance(error, SourceUnavailable),
            "endless pages: expected SourceUnavailable; use self.http.pages, which notices",
        )

    # -- secrecy -------------------------------------------------------------------------------

    def test_secrets_are_silent(self, directory: Directory) -> None:
        """Neither the adapter nor its settings show one."""
        shown = f"{directory!r}{directory}{directory.settings!r}{directory.settings}"
        expect(
            not any(secret in shown for secret in secrets_of(directory)),
            "a secret in a repr: give it the type Secret",
        )

    @pytest.mark.usefixtures("whole")
    def test_secret_echoed_in_an_error(
        self,
        directory: Directory,
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Servers repeat what they do not accept, the token included."""
        secrets = secrets_of(directory)
        for number in (400, 401, 500):
            with caplog.at_level(logging.DEBUG):
                self._start(scripted, recording, employs)
                scripted.fault(faults.saying(number, *secrets))
                _, error = self._read(directory)
            expect(
                not any(secret in texts_of(error) + logged(caplog) for secret in secrets),
                f"secret echoed in an error ({number}): it stands in your error or log; use "
                "self.http, which hides it",
            )

    def test_names_stay_out_of_logs(
        self,
        directory: Directory,
        whole: list[DirectoryPerson],
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Logs are read by people who may not know who works here."""
        with caplog.at_level(logging.DEBUG):
            self._start(scripted, recording, employs)
            self._read(directory)
        expect(
            not any(person.name and person.name in logged(caplog) for person in whole),
            "a name in a log line: log numbers and codes",
        )

    @pytest.mark.usefixtures("whole")
    def test_redirect_to_another_host(
        self,
        directory: Directory,
        scripted: ScriptedServer,
        recording: Recording | None,
        employs: Employs | None,
        other_host: Scripted,
    ) -> None:
        """Credentials do not go there."""
        secrets = secrets_of(directory)
        self._start(scripted, recording, employs)
        scripted.fault(faults.redirect(f"{other_host.url}/elsewhere"))
        self._read(directory)
        for one in other_host.seen:
            expect(
                not any(secret in f"{one.path}{one.query}{one.headers}" for secret in secrets)
                and "authorization" not in one.headers,
                "redirect to another host: the credentials went there; use self.http",
            )

    # -- odd organisations ---------------------------------------------------------------------

    def test_managers_in_a_circle(
        self, directory: Directory, scripted: ScriptedServer, employs: Employs | None
    ) -> None:
        """Two who manage each other, and one who manages herself."""
        self._odd(
            directory, scripted, employs,
            [
                Employee("1", "Ann Een", "ann@leer.example", manager="2"),
                Employee("2", "Bo Twee", "bo@leer.example", manager="1"),
                Employee("3", "Cor Drie", "cor@leer.example", manager="3"),
            ],
            "managers in a circle",
        )  # fmt: skip

    def test_a_manager_who_is_not_there(
        self, directory: Directory, scripted: ScriptedServer, employs: Employs | None
    ) -> None:
        """A manager who left, or works elsewhere."""
        self._odd(
            directory, scripted, employs,
            [
                Employee("1", "Ann Een", "ann@leer.example", manager="99"),
                Employee("2", "Bo Twee", "bo@leer.example"),
            ],
            "a manager who is not there",
        )  # fmt: skip

    def test_odd_names(
        self, directory: Directory, scripted: ScriptedServer, employs: Employs | None
    ) -> None:
        """Accents, a comma, an apostrophe, another script."""
        self._odd(
            directory, scripted, employs,
            [
                Employee("1", "Ünal-d'Hôte, José", "u@leer.example"),
                Employee("2", "王小明", "w@leer.example", manager="1"),
            ],
            "odd names",
        )  # fmt: skip

    def _odd(
        self,
        directory: Directory,
        scripted: ScriptedServer,
        employs: Employs | None,
        people: Sequence[Employee],
        fault: str,
    ) -> None:
        if employs is None:
            pytest.skip("give a fixture `employs` that shows made-up people (docs/testing.md)")
        answers = employs(people)
        if answers is not None:
            scripted.play(answers)
        found, error = self._read(directory)
        expect(
            error is None and len(found) == len(people),
            f"{fault}: expected {len(people)} people, found "
            f"{_kind(error) if error else len(found)}",
        )

    # -- helpers -------------------------------------------------------------------------------

    @staticmethod
    def _start(
        scripted: ScriptedServer, recording: Recording | None, employs: Employs | None
    ) -> None:
        if recording is not None:
            scripted.play(recording.responder())
        elif employs is not None:
            answers = employs(_ORDINARY)
            if answers is not None:
                scripted.play(answers)
        else:
            pytest.fail(
                "give a fixture `script` (what the system answered) or `employs`", pytrace=False
            )

    def _read(self, directory: Directory) -> tuple[list[DirectoryPerson], Exception | None]:
        people: list[DirectoryPerson] = []
        try:
            for page in self.again(directory).people():
                people.extend(page)
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises is what is tested
            return people, error
        return people, None


_ORDINARY = [
    Employee(str(number), f"Worker {number}", f"worker{number}@leer.example", manager="1")
    for number in range(1, 9)
]


def _kind(error: Exception | None) -> str:
    return type(error).__name__

"""The road of records in a store: submitted, assessed, decided, certified, appealed, taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from leercultuur_core import ConfigError, Issuer, Problem

from . import store
from .base import HOME_PAGE, Base
from .claims import claim_of, months_later
from .record import ActingRole, Decision, Issued, Judgement, Record
from .road import Actor, deadline, take_step
from .vraak import Hint, hints


class Assessing(Base):
    """Steps along the road. Each raises `RoadRefused` where it may not be taken."""

    def submit(self, record: str, by: str, now: datetime, *, version: int | None = None) -> Record:
        """Hands a record over to be assessed."""
        return self._take(record, "submit", by, now, version=version)

    def hand_back(
        self, record: str, by: str, now: datetime, *, reason: str, version: int | None = None
    ) -> Record:
        """Gives a submitted record back to its holder, who can add to it."""
        return self._take(record, "return", by, now, reason=reason, version=version)

    def assess(
        self,
        record: str,
        by: str,
        now: datetime,
        judgement: Judgement,
        *,
        role: ActingRole | None = None,
        version: int | None = None,
    ) -> Record:
        """Keeps what an assessor found; instead of what they found before in this round."""
        return self._take(
            record, "assess", by, now, judgement=judgement, role=role, version=version
        )

    def decide(
        self,
        record: str,
        by: str,
        now: datetime,
        decision: Decision,
        *,
        reason: str = "",
        role: ActingRole | None = None,
        version: int | None = None,
    ) -> Record:
        """Recognises a record, or not."""
        return self._take(
            record, "decide", by, now, decision=decision, reason=reason, role=role, version=version
        )

    def withdraw(
        self, record: str, by: str, now: datetime, *, reason: str = "", version: int | None = None
    ) -> Record:
        """Its holder stops; the record stays theirs."""
        return self._take(record, "withdraw", by, now, reason=reason, version=version)

    def appeal(
        self, record: str, by: str, now: datetime, *, reason: str, version: int | None = None
    ) -> Record:
        """Its holder asks others to look at a no again."""
        return self._take(record, "appeal", by, now, reason=reason, version=version)

    def certify(
        self,
        record: str,
        by: str,
        now: datetime,
        *,
        issuer: str | None = None,
        mail: str = "",
        version: int | None = None,
    ) -> bytes:
        """Issues a credential for a recognised record, and gives it.

        ``issuer`` is its name in the configuration, where there are several; ``mail`` by what the
        holder will be recognised, if not by the address that is known of them. A second try after
        something broke off gives a credential with the same id. Raises `ConfigError` without an
        issuer, `ValueError` without an address, and what the issuer raises; then the record is as it
        was.
        """
        name = self._issuer(issuer)
        with self.engine.database() as connection:
            found = self._load(connection, record)
            standard = self._standard(connection, found)
            candidate = store.find_candidate(connection, found.holder)
        if version is not None and version != found.version:
            raise store.RecordChanged(version, found.version)
        until = self.rules.valid_months and months_later(now, self.rules.valid_months)
        issued = Issued(_credential_id(found), now, until or None, name)
        changed = self._step(found, "certify", by, now, standard=standard, issued=issued)
        assert standard is not None  # noqa: S101 - the step has looked
        from .issuing import build_credential  # noqa: PLC0415 - brings the cryptography

        mail = mail or (candidate.mail if candidate else self._mail(found.holder))
        if not mail:
            raise ValueError(
                "mail: expected an address by which the holder is recognised (only a salted hash of it "
                "gets into the credential), found none"
            )
        document = build_credential(claim_of(found, standard, issued, mail))
        credential = self._issuing(name, now).issue(document)
        with self.engine.database(write=True) as connection:
            store.save(connection, changed)
            store.put_credential(connection, record, credential)
        return credential

    def take_back(
        self, record: str, by: str, now: datetime, *, reason: str, version: int | None = None
    ) -> Record:
        """Takes a credential back, for good: at its issuer where that can, and here."""
        with self._changing(record, version) as (connection, found):
            changed = self._step(found, "revoke", by, now, reason=reason)
            issued = found.issued
            issuer = self.engine.adapters.issuers.get(issued.issuer) if issued else None
            revoke = getattr(issuer, "revoke", None)
            saved = store.save(connection, changed)
            if revoke is not None and issued is not None:
                revoke(issued.credential, now)
        return saved

    def credential(self, record: str, by: str, now: datetime) -> bytes | None:
        """What a record was issued as, for whom may see it; ``None`` where it was not."""
        with self.engine.database() as connection:
            self._may_see(connection, self._load(connection, record), by, now)
            return store.credential(connection, record)

    def expire(self, now: datetime) -> int:
        """Notes of each credential that no longer holds that it does not; gives how many."""
        count = 0
        with self.engine.database(write=True) as connection:
            for record in store.every(connection, stage="certified"):
                issued = record.issued
                if issued is None or issued.valid_until is None or now < issued.valid_until:
                    continue
                expired = take_step(record, "expire", Actor(""), now, rules=self.rules)
                store.save(connection, expired)
                count += 1
        return count

    def late(self, now: datetime) -> tuple[str, ...]:
        """Ids of records that should have been assessed by now."""
        with self.engine.database() as connection:
            return tuple(
                record.id
                for stage in ("submitted", "appealed")
                for record in store.every(connection, stage=stage)
                if (until := deadline(record, self.rules)) is not None and until.until < now
            )

    def hints(self, record: str, by: str, now: datetime) -> tuple[Hint, ...]:
        """What can be counted of a record's evidence. Never a verdict."""
        with self.engine.database() as connection:
            found = self._load(connection, record)
            self._may_see(connection, found, by, now)
            standard = self._standard(connection, found)
        return hints(found, now.date(), rubric=self.rubric, standard=standard)

    def _issuing(self, name: str, now: datetime) -> Issuer:
        """The issuer with this name; one of our own signs as of ``now``, like all else here."""
        from .issuing import LocalIssuer  # noqa: PLC0415 - brings the cryptography

        issuer = self.engine.adapters.issuers[name]
        if isinstance(issuer, LocalIssuer):
            return LocalIssuer(issuer.settings, clock=lambda: now)
        return issuer

    def _issuer(self, name: str | None) -> str:
        there = self.engine.adapters.issuers
        if name is None and len(there) == 1:
            return next(iter(there))
        if name is None or name not in there:
            expected = f"one of {', '.join(there)}" if there else "an [[issuer]]"
            broken = "; ".join(self.engine.adapters.broken_in("issuer").values())
            raise ConfigError(
                "the configuration", [Problem("issuer", expected, name or "no name", broken)]
            )
        return name


def _credential_id(record: Record) -> str:
    """The same for the same decision, so that a second try is no second credential."""
    decided = record.decided
    when = "" if decided is None else decided.at.isoformat()
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{HOME_PAGE}:{record.id}:{when}')}"

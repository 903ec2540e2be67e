"""One spelling for one person at one system."""

from __future__ import annotations

from hashlib import sha1

from leercultuur_core.activity import identity


def test_a_mailbox_and_its_hash_are_one_identifier() -> None:
    hashed = sha1(b"mailto:sanne@korenaar.example", usedforsecurity=False).hexdigest()
    assert identity.mailbox("sanne@korenaar.example") == identity.mail_hash(hashed.upper())
    assert identity.mailbox("mailto:sanne@korenaar.example") == f"mbox_sha1sum|{hashed}"


def test_the_name_people_recognise_is_the_last_part() -> None:
    assert (
        identity.learner_name(identity.account("https://lms.example", "sanne|de boer"))
        == "sanne|de boer"
    )
    assert identity.learner_name(identity.employee("Korenaar", "0042")) == "0042"
    assert (
        identity.learner_name(identity.openid("https://sanne.example/")) == "https://sanne.example/"
    )
    assert identity.learner_name("sanne") == "sanne"

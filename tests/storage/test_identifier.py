"""Keyed hashes: nothing can be checked without the key, and everything compares with it."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.storage import Identifier, LearnerStates
from leercultuur_core.storage.identifier import masked

KEY, OTHER = b"a key of the tests", b"another key of the tests"
digests = st.lists(
    st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
)


def test_a_digest_is_the_keyed_hash_of_the_identifier() -> None:
    identify = Identifier([KEY, OTHER])
    assert identify.digests("account|lms|sanne") == tuple(
        hmac.digest(key, b"account|lms|sanne", "sha256")[:16] for key in (KEY, OTHER)
    )
    assert identify.digests("account|lms|sanne") == Identifier([KEY, OTHER]).digests(
        "account|lms|sanne"
    )
    assert len(set(identify.key_ids)) == 2


def test_activity_ids_have_a_digest_and_a_mask_for_each_key() -> None:
    new, old = Identifier([KEY, OTHER]).of_ids(["a", "b"])
    assert [old] == Identifier([OTHER]).of_ids(["b", "a"])
    assert len({part for both in (*new.values(), *old.values()) for part in both}) == 8
    assert {len(part) for both in new.values() for part in both} == {16}


@given(digests)
def test_masking_twice_gives_back(pairs: list[tuple[bytes, bytes]]) -> None:
    plain, masks = [one for one, _ in pairs], [by for _, by in pairs]
    hidden = masked(plain, masks)
    assert masked(hidden, masks) == plain
    expected = [bytes(x ^ y for x, y in zip(one, by, strict=True)) for one, by in pairs]
    assert hidden == expected


@pytest.mark.parametrize("keys", [[], [b"short"], [KEY, b"short"]])
def test_a_key_that_could_be_guessed_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Identifier(keys)


def test_keys_and_names_stay_out_of_a_repr() -> None:
    identify = Identifier([KEY])
    states = LearnerStates(identify, {identify.digests("sanne")[0]: "secret"})
    assert "key of" not in repr(identify)
    assert "secret" not in repr(states)
    assert states["sanne"] == "secret"
    assert states.get("piet") is None
    assert len(states) == 1
    with pytest.raises(TypeError, match="ask for an identifier"):
        list(states)

"""A plugin that breaks is named, with what to do, and harms no other."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from leercultuur_core.extension import (
    HOOKS,
    Adapter,
    FileSource,
    Installed,
    Page,
    Plugins,
    Source,
    State,
    hookimpl,
    installed,
)


class Acme(FileSource):
    name = "acme"

    def pages(self) -> Iterator[Page]:
        yield Page()


class Good:
    @hookimpl
    def leercultuur_adapters(self) -> list[type[FileSource]]:
        return [Acme]


class Raises:
    @hookimpl
    def leercultuur_adapters(self) -> list[type[FileSource]]:
        raise RuntimeError("the disk is on fire\nand more")


class Misspelt:
    @hookimpl
    def leercultuur_adapters(self) -> list[type[FileSource]]:
        return [Acme]

    @hookimpl
    def leercultuur_adaptors(self) -> None: ...


class WrongArgument:
    @hookimpl
    def leercultuur_adapters(self, colour: str) -> list[type[FileSource]]:
        return [Acme]


def plugin(name: str, distribution: str, value: str = "nowhere") -> Installed:
    return Installed(name, distribution, "1.0", metadata.EntryPoint(name, value, "leercultuur"))


def test_one_that_raises_is_switched_off_and_the_others_go_on() -> None:
    plugins = Plugins()
    plugins.register(Raises(), "a-bad")
    plugins.register(Good(), "good")
    assert plugins.adapters(FileSource) == {"acme": Acme}
    assert plugins.names == ("good",)
    assert str(plugins.broken["a-bad"]) == (
        "plugin a-bad: leercultuur_adapters failed (RuntimeError: the disk is on fire); "
        "it is switched off for this run"
    )


@pytest.mark.parametrize("bad", [Misspelt, WrongArgument])
def test_one_that_does_not_fit_is_rolled_back_whole(bad: type) -> None:
    plugins = Plugins()
    plugins.register(bad(), "bad")
    assert plugins.adapters(FileSource) == {}
    assert plugins.names == ()
    assert "does not fit this version" in str(plugins.broken["bad"])


def test_two_adapters_with_one_name_are_both_refused() -> None:
    plugins = Plugins()
    plugins.register(Good(), "one")
    plugins.register(Good(), "two")
    assert plugins.adapters(FileSource) == {}
    assert set(plugins.broken) == {"one", "two"}
    assert "claimed by one and two" in str(plugins.broken["one"])


def test_a_source_and_a_sink_of_one_system_share_its_name() -> None:
    class AcmeSource(Source):
        name = "acme"

        def fetch(self, state: State) -> Iterator[Page]:
            yield Page()

    class Both:
        @hookimpl
        def leercultuur_adapters(self) -> list[type[Adapter]]:
            return [Acme, AcmeSource]

    plugins = Plugins()
    plugins.register(Both(), "acme")
    assert plugins.adapters(FileSource) == {"acme": Acme}
    assert plugins.adapters(Source) == {"acme": AcmeSource}
    assert not plugins.broken


def test_two_distributions_that_claim_one_name_are_both_refused() -> None:
    both = [plugin("x", "leercultuur-x"), plugin("x", "acme-x")]
    plugins = Plugins.load(available=both)
    assert "both leercultuur-x and acme-x claim this name" in str(plugins.broken["x"])


def test_one_that_is_absent_or_cannot_be_imported_says_what_to_do() -> None:
    plugins = Plugins.load(["gone", "torn"], available=[plugin("torn", "leercultuur-torn")])
    assert "pip install leercultuur-gone" in str(plugins.broken["gone"])
    assert "reinstall or uninstall leercultuur-torn" in str(plugins.broken["torn"])


def test_installed_is_not_imported(tmp_path: Path) -> None:
    assert all(one.distribution and one.version for one in installed())
    # Only the one asked for is loaded: the other would fail.
    available = [plugin("torn", "leercultuur-torn"), plugin("xapi", "leercultuur-xapi", "types")]
    assert Plugins.load(["xapi"], available=available).broken == {}


def test_a_call_names_who_answered_and_skips_who_does_not_implement() -> None:
    plugins = Plugins()
    plugins.register(Good(), "good")
    plugins.register(type("Silent", (), {}), "silent")
    assert list(plugins.call("leercultuur_adapters")) == [("good", [Acme])]
    assert list(plugins.call("leercultuur_commands")) == []
    assert plugins.implements("good", "leercultuur_adapters")
    assert not plugins.implements("good", "leercultuur_commands")


def test_every_hook_is_documented_in_code_and_in_the_docs() -> None:
    from leercultuur_core.extension import HookSpecs

    docs = Path(__file__).parents[2] / "docs" / "plugins.md"
    text = docs.read_text("utf-8")
    for hook in HOOKS:
        assert "Called" in (getattr(HookSpecs, hook).__doc__ or ""), hook
        assert f"## `{hook}`" in text, hook

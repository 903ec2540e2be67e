import pytest
from acme import AcmeSettings, AcmeSource

from leercultuur_core import Secret
from leercultuur_core.testing import SourceContract, listing, recorded


class TestAcme(SourceContract):
    @pytest.fixture
    def source(self, scripted):
        return AcmeSource(AcmeSettings(url=scripted.url, token=Secret("token-5f2c9e7a")))

    @pytest.fixture
    def script(self):
        return recorded("acme-events.json")

    @pytest.fixture
    def serve(self):
        return listing(row, "events", by="changed", since="since", next="next", latest="latest")


def row(one):
    changed, finished = int(one.stored_at.timestamp()), one.occurred_at.isoformat()
    own = {"id": one.number, "user": one.learner, "version": one.revision, "score": one.score}
    return own | {"changed": changed, "finished": finished}

"""The store of one organisation: what was seen, decided, sent and said. The only room with SQL."""

from .delivery import (
    Answer,
    Delivery,
    GivenAnswer,
    OutboxMessage,
    OutboxPrompt,
    PromptState,
    StoredReceipt,
)
from .identifier import Identifier, LearnerStates
from .ledgers import LedgerTables
from .pages import PageResult, Pages
from .people import DirectoryResult, People, PersonLike, StoredPerson
from .privacy import AuditEntry, Consent, KeptRelease, Privacy
from .results import KeptEstimate, Practice, Results, RunRecord
from .sources import KeptReject, Sources, SourceState
from .store import Store, Transaction, upgrade

__all__ = [
    "Answer",
    "AuditEntry",
    "Consent",
    "Delivery",
    "DirectoryResult",
    "GivenAnswer",
    "Identifier",
    "KeptEstimate",
    "KeptReject",
    "KeptRelease",
    "LearnerStates",
    "LedgerTables",
    "OutboxMessage",
    "OutboxPrompt",
    "PageResult",
    "Pages",
    "People",
    "PersonLike",
    "Practice",
    "Privacy",
    "PromptState",
    "Results",
    "RunRecord",
    "SourceState",
    "Sources",
    "Store",
    "StoredPerson",
    "StoredReceipt",
    "Transaction",
    "upgrade",
]

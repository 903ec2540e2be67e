"""The store of one organisation: what was seen, decided, sent and said. The only room with SQL."""

from .database import Turn
from .delivery import (
    Asks,
    Delivery,
    OutboxEntry,
    OutboxMessage,
    OutboxPrompt,
    PromptState,
    StoredReceipt,
)
from .effect import EffectTables, KeptArm, KeptStudy
from .identifier import Identifier, LearnerStates
from .ledgers import LedgerTables
from .pages import PageResult, Pages
from .people import DirectoryResult, People, PersonLike, StoredPerson
from .preconditions import ItemAnswer, PreconditionTables, VoteRound
from .privacy import AuditEntry, Consent, KeptRelease, Privacy, ReadCount
from .replies import Answer, GivenAnswer
from .results import KeptEstimate, Practice, Results, RunRecord
from .sources import KeptReject, Sources, SourceState
from .store import Store, Transaction, upgrade

__all__ = [
    "Answer",
    "Asks",
    "AuditEntry",
    "Consent",
    "Delivery",
    "DirectoryResult",
    "EffectTables",
    "GivenAnswer",
    "Identifier",
    "ItemAnswer",
    "KeptArm",
    "KeptEstimate",
    "KeptReject",
    "KeptRelease",
    "KeptStudy",
    "LearnerStates",
    "LedgerTables",
    "OutboxEntry",
    "OutboxMessage",
    "OutboxPrompt",
    "PageResult",
    "Pages",
    "People",
    "PersonLike",
    "Practice",
    "PreconditionTables",
    "Privacy",
    "PromptState",
    "ReadCount",
    "Results",
    "RunRecord",
    "SourceState",
    "Sources",
    "Store",
    "StoredPerson",
    "StoredReceipt",
    "Transaction",
    "Turn",
    "VoteRound",
    "upgrade",
]

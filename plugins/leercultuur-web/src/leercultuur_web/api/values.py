"""What goes in and comes out, as the OpenAPI document shows it. All of it is strict: an unknown field is
a mistake."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .clients import Scope
from .problems import ProblemPlace

Language = Literal["nl", "en"]
Purpose = Literal[
    "own_records",
    "invitation",
    "own_prompts",
    "group_releases",
    "manager_prompt",
    "validation",
    "effect",
]
Id = Annotated[str, Field(min_length=1, max_length=128)]
NoControl = r"^[^\x00-\x1f\x7f]*$"


class Sent(BaseModel):
    """What a client sends: no conversions, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """What a client is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientTold(Told):
    """The client itself."""

    name: str
    scopes: list[Scope]
    per_minute: int = Field(description="Requests it may make in a minute.")
    expires: datetime


class TakenIn(Told):
    """What became of a batch."""

    accepted: int = Field(
        description="Rows that were fit. Those that were handed in before count once, and are among these."
    )
    problems: list[ProblemPlace] = Field(
        description="The rows that were not fit, each with its place in the batch. Nothing of them is kept."
    )


class Find(Sent):
    """Who is asked for."""

    identifier: Annotated[
        str,
        Field(
            min_length=3,
            max_length=2048,
            pattern=NoControl,
            examples=["employee|korenaar|12", "account|https://leren.example|sanne"],
            description="A canonical identifier or a mail address, exactly; never a name.",
        ),
    ]


class Found(Told):
    """Who that is."""

    person: str = Field(description="A random id, the same in every answer.")


class YouSaidTold(Told):
    """The person's own answer to the phase question."""

    phase: str
    on: date


class ReasonTold(Told):
    """What one kind of evidence did."""

    kind: str
    text: str
    log_odds: float = Field(description="How much it speaks for the phase; below 0 against it.")
    count: int
    weeks: int


class EstimateTold(Told):
    """What is believed of somebody, for themselves to read."""

    at: date
    phase: str = Field(description="One of the five phases, or `unknown`.")
    probability: float
    probabilities: dict[str, float]
    said: YouSaidTold | None = None
    reasons: list[ReasonTold]


class ChoiceTold(Told):
    """One purpose, and what holds of it for one person."""

    purpose: Purpose
    name: str
    text: str
    said: bool | None = Field(description="What they said last; null where they never did.")
    done: bool = Field(description="Whether it may be done now.")


class Choices(Told):
    """What somebody may say yes or no to."""

    choices: list[ChoiceTold]


class Choose(Sent):
    """A yes or a no, as the person gave it."""

    purpose: Purpose
    given: bool


class RecipientTold(Told):
    """Who a message is for."""

    person: str = Field(description="A random id, the same in every answer.")
    address: str | None = Field(
        description="Of the kind that the sink's `channel` names; null without."
    )
    language: Language


class GroundsTold(Told):
    """What a prompt rests on."""

    basis: str
    text: str


class PromptTold(Told):
    """A prompt: `text` is all of it; the others are its parts, for a layout of your own."""

    id: str
    role: str
    language: Language
    text: str
    step: str
    why: str
    when_question: str
    grounds: GroundsTold


class MessageTold(Told):
    """A message to one person, to be shown to them and nobody else."""

    id: str
    recipient: RecipientTold
    prompts: list[PromptTold]
    links: dict[str, dict[str, str]] = Field(
        description="Prompt → answer → the address where it is given; empty without `[answers]`."
    )
    unsubscribe: str | None = Field(description="Where a POST ends what is about themselves.")
    moment: datetime | None = Field(description="A quarter of an hour in their working time.")


class Messages(Told):
    """Messages to bring; the same again until there is a receipt."""

    messages: list[MessageTold]


class ReceiptSent(Sent):
    """What became of a message."""

    message: Id
    state: Literal["sent", "refused", "failed"] = Field(
        description="`sent`: they have it. `refused`: not to be tried again. `failed`: tried again later."
    )
    reason: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9-]*$")] = Field(
        "", description="A short code such as `blocked`; never an address."
    )


class Receipts(Sent):
    """Receipts, in any order."""

    receipts: Annotated[list[ReceiptSent], Field(min_length=1, max_length=1000)]


Noted = Literal["noted", "known", "unknown"]


class ReceiptTold(Told):
    """What came of a receipt."""

    message: str
    result: Noted = Field(
        description="`noted`; `known`: nothing new; `unknown`: no message that this client fetched."
    )


class ReceiptsTold(Told):
    """One for each receipt, in their order."""

    receipts: list[ReceiptTold]


class AnswerSent(Sent):
    """What a recipient answered to a prompt."""

    prompt: Id
    answer: Literal["done", "not_now", "not_for_me", "wrong"]


class AnswerTold(Told):
    """What came of an answer."""

    result: Literal["noted", "known"]


class BandTold(Told):
    """A share of the group, from `low` up to `high` percent."""

    low: int
    high: int


class UnitTold(Told):
    """What is shown of one unit."""

    unit: str = Field(description="Its path; empty for the whole organisation.")
    made: str = Field(description="The quarter its values are of; empty where nothing is shown.")
    minimum: int | None = Field(description="It has at least so many contributors.")
    shares: dict[str, BandTold] | None = Field(
        description="Phase → band; null where nothing is shown, which says nothing about anybody."
    )


class Groups(Told):
    """What is shown of all units, frozen once a quarter."""

    quarter: str = Field(description="Empty before the first release.")
    units: list[UnitTold]


class FacetTold(Told):
    """What is known of one facet of a precondition."""

    precondition: str
    facet: str
    state: Literal["low", "unsure", "in_order", "unknown"]
    minimum: int = Field(description="At least so many answered; 0 where nothing is known.")
    as_of: date | None


class UnitPreconditionsTold(Told):
    """The preconditions of one unit."""

    unit: str
    released: str = Field(description="The quarter; empty where nothing was released.")
    facets: list[FacetTold]
    mending: list[str] = Field(description="Interventions that mend what is low.")
    chosen: str = Field(description="What the team chose to do first, if anything.")


class PreconditionsTold(Told):
    """The preconditions of all units."""

    units: list[UnitPreconditionsTold]


class WhyTold(Told):
    """Why an action is in the plan; names are phases, interventions or preconditions."""

    code: str
    names: list[str]


class ActionTold(Told):
    """An action of the plan: who does it, in which weeks of the quarter."""

    intervention: str
    label: str
    layer: str
    role: str
    stands_in: bool
    begin: int
    end: int
    why: list[WhyTold]


class UnitPlanTold(Told):
    """The plan of one unit."""

    unit: str
    actions: list[ActionTold]


class PlanTold(Told):
    """The plan of this quarter."""

    quarter: str
    units: list[UnitPlanTold]


class IssuedTold(Told):
    """The credential that a record became."""

    credential: str
    valid_from: datetime
    valid_until: datetime | None


class SkillTold(Told):
    """A skill, in the scheme of whoever keeps it."""

    uri: str
    scheme: str
    version: str
    name: str


class RecordTold(Told):
    """A record that its holder shares with this client."""

    id: str
    stage: str
    learned: str
    context: str
    how: str
    language: str
    skills: list[SkillTold]
    standard: str | None = Field(description="Code and version, once chosen.")
    criteria: list[str]
    issued: IssuedTold | None


class RecordsTold(Told):
    """Records."""

    records: list[RecordTold]

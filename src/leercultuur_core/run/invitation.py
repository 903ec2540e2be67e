"""The general invitation: once, to everybody in the directory, before the works council's yes.

Everybody gets the same one. Nothing about its reader was used for it but what they are called and
which language they read: no activity, no estimate.
"""

from __future__ import annotations

from ..advice import Prompt
from ..advice.own import greeting
from ..advice.recommend import NOTICE_DAILY_LEARNING, Grounds
from ..maturity import MaturityModel
from ..maturity.vocabulary import Language
from .phrases import say


def invitation(uuid: str, *, name: str, model: MaturityModel, language: Language) -> Prompt:
    """The invitation to look back, for the person ``uuid`` who is called ``name`` (may be empty)."""
    intervention = model[NOTICE_DAILY_LEARNING]
    step, when, why = (say(language, f"invitation.{part}") for part in ("step", "when", "why"))
    paragraphs = [
        f"{greeting(name, language)}\n{say(language, 'invitation.intro')}",
        f"**{step}** {when}",
        why,
        say(language, "invitation.close"),
    ]
    return Prompt(
        recipient=uuid,
        recipient_role="worker",
        subject=uuid,
        layer=intervention.layer,
        intervention=intervention.id,
        language=language,
        text="\n\n".join(paragraphs),
        step=step,
        why=why,
        when_question=when,
        grounds=Grounds(intervention.basis, intervention.basis_text),
        phase_mix={},
        episode="",
        name=name,
    )


__all__ = ["invitation"]

"""``leercultuur record``: the group, with all that belongs to it."""

from __future__ import annotations

import click

from . import commands_credentials, commands_documents, commands_records, commands_road


@click.group()
def record() -> None:
    """Records of what people learned, on the road to a credential.

    A record belongs to its holder: nobody reads it but with whom they share it, and, once they submit
    it, who assesses it. PERSON is an identifier, a mail address, a name or an id.
    """


for _command in (
    commands_records.new,
    commands_records.fill,
    commands_records.add_evidence,
    commands_records.show,
    commands_records.list_,
    commands_records.share,
    commands_road.submit,
    commands_road.hand_back,
    commands_road.assess,
    commands_road.decide,
    commands_road.certify,
    commands_road.credential,
    commands_road.withdraw,
    commands_road.appeal,
    commands_road.take_back,
    commands_road.expire,
    commands_road.standard,
    commands_road.import_,
    commands_records.candidate,
    commands_records.adopt,
    commands_records.forget,
    commands_documents.document,
    commands_documents.passport,
    commands_documents.passport_check,
    commands_documents.edubadge,
    commands_credentials.keys,
    commands_credentials.publish,
    commands_credentials.revoke,
):
    record.add_command(_command)

"""What the tests put into Kolibri behind its back, run by ``kolibri manage shell``: one channel with a
video, an exercise and an app. Real channels come from the internet. Everything that people do with it
afterwards goes over Kolibri's own API."""

import uuid

from kolibri.core.content.models import (  # type: ignore[import-not-found]
    AssessmentMetaData,
    ChannelMetadata,
    ContentNode,
)


def made_up(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.leer.example").hex


channel = made_up("channel")
root = ContentNode.objects.create(
    id=channel,
    title="Brood",
    content_id=made_up("root"),
    channel_id=channel,
    kind="topic",
    available=True,
)
ChannelMetadata.objects.create(id=channel, name="Brood", root=root, min_schema_version="1")
for title, kind in (("Zuurdesem", "video"), ("Kneden", "exercise"), ("Rijzen", "html5")):
    node = ContentNode(
        id=made_up(f"node {kind}"),
        title=title,
        content_id=made_up(f"content {kind}"),
        channel_id=channel,
        kind=kind,
        available=True,
        parent=root,
    )
    node.save()
    if kind == "exercise":
        AssessmentMetaData.objects.create(
            id=made_up("assessment"),
            contentnode=node,
            assessment_item_ids=["a", "b", "c"],
            number_of_assessments=3,
            mastery_model={"type": "do_all"},
            randomize=False,
            is_manipulable=False,
        )

"""What learners make in a course: attempts, hand-ins, posts, entries, pages, questionnaires.

Of what they write only the number, the time and whose it is are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import facts
from ..errors import Refused, gaps
from ..facts import Fact
from .look import Look, Part, Row, forbidden, listed, text, time, whole

_PAGE = 100
_ANONYMOUS = 1


def quiz_attempts(look: Look) -> Iterator[Part]:
    """Attempts at quizzes. Moodle gives them one quiz and one learner at a time.

    Where it says which attempts have changed, but not whose they are, those who were in the course
    are asked for first, and the others only until all are found.
    """
    function = "mod_quiz_get_user_attempts"
    for cmid, quiz in look.modules("quiz", "userattempts").items():
        wanted = set(look.hits.get("userattempts", {}).get(cmid, ()))
        if not look.whole:
            known = [look.memory.of(one) for one in look.learners.values()]
            wanted = {n for n in wanted if not any(p.settled(f"quiz-attempt:{n}") for p in known)}
        order = sorted(look.learners, key=lambda user: (user not in look.moved, user))
        for user in order:
            if not look.whole and not wanted:
                break
            answer = look.client.read(function, quizid=quiz, userid=user, status="all")

            def make(row: Row, user: int = user, cmid: int = cmid) -> Iterator[Fact]:
                if row["preview"]:
                    return
                state = text(row, "state")
                finished = row["timefinish"] if state in {"finished", "abandoned"} else 0
                yield facts.quiz_attempt(
                    look.names,
                    user=user,
                    course=look.course,
                    cmid=cmid,
                    number=whole(row, "id"),
                    state=state,
                    at=time(row, "timefinish" if finished else "timestart"),
                    changed=time(row, "timemodified"),
                )

            rows = listed(answer, "attempts", function)
            found, sound = look.kept.facts(function, rows, make)
            wanted -= {int(one.key.partition(":")[2]) for one in found}
            yield _part(look, found, [cmid] if sound else [], "quiz-attempts", user)


def submissions(look: Look) -> Iterator[Part]:
    """What was handed in. A draft, or work that was opened again, is not."""
    function = "mod_assign_get_submissions"
    modules = look.modules("assign", "usersubmissions")
    if not modules:
        return
    cmids = {instance: cmid for cmid, instance in modules.items()}
    since = 0 if look.whole else look.since
    answer = look.client.read(function, assignmentids=sorted(cmids), since=since)
    closed = {gap.number for gap in gaps(answer) if gap.item in {"assignment", "module"}}
    for group in listed(answer, "assignments", function):
        rows = listed(group, "submissions", function) if group else [None]
        cmid = cmids.get(group.get("assignmentid")) if group else 0
        if cmid is None:
            continue

        def make(row: Row, cmid: int = cmid) -> Iterator[Fact]:
            if whole(row, "userid") in look.learners:
                yield facts.submission(
                    look.names,
                    user=row["userid"],
                    course=look.course,
                    cmid=cmid,
                    number=whole(row, "id"),
                    at=time(row, "timemodified"),
                    done=text(row, "status") == "submitted",
                )

        found, sound = look.kept.facts(function, rows, make)
        # Of more than one attempt Moodle may show the last only.
        without = frozenset(look.learners) - {one.user for one in found}
        read = [look.part("submissions", cmid)] if sound and look.whole else []
        yield Part(found, frozenset(read), without)
    if closed & set(cmids):
        raise forbidden(
            "moodle, mod_assign_get_submissions: some assignments are closed to the web service "
            "user; add mod/assign:view and mod/assign:viewgrades to the role"
        )


def forum_posts(look: Look) -> Iterator[Part]:
    """Discussions begun and replies given. A private reply is nobody else's business."""
    for cmid, forum in look.modules("forum", "discussions").items():
        found: list[Fact] = []
        read: list[int] = []
        sound = True
        for row in _discussions(look, forum):
            fresh, right, number = _posts(look, cmid, row)
            found += fresh
            sound &= right
            if right:
                read.append(number)
        inner = [str(cmid)] if look.whole and sound else [f"{cmid}/{one}" for one in read]
        yield Part(found, frozenset(look.part("forum-posts", one) for one in inner))


def _discussions(look: Look, forum: int) -> Iterator[Any]:
    """All of a forum, or those in which something was written: the newest come first."""
    function = "mod_forum_get_forum_discussions"
    page, seen = 0, set()
    while True:
        answer = look.client.read(function, forumid=forum, sortorder=1, page=page, perpage=_PAGE)
        rows = listed(answer, "discussions", function)
        fresh = 0
        for row in rows:
            number = row.get("discussion") if isinstance(row, dict) else None
            if number in seen:
                continue
            seen.add(number)
            fresh += 1
            changed = row.get("timemodified") if isinstance(row, dict) else None
            if not look.whole and isinstance(changed, int) and changed < look.since:
                return
            yield row
        if len(rows) < _PAGE or not fresh:
            return
        page += 1


def _posts(look: Look, cmid: int, row: Any) -> tuple[list[Fact], bool, int]:
    """The posts of a discussion, whether all could be read, and its number."""
    function = "mod_forum_get_discussion_posts"

    def alone(row: Row) -> Iterator[Fact]:
        thread = whole(row, "discussion")
        if not whole(row, "numreplies") and whole(row, "userid") in look.learners:
            yield facts.discussion(
                look.names,
                user=row["userid"],
                course=look.course,
                cmid=cmid,
                number=thread,
                at=time(row, "created"),
            )

    found, sound = look.kept.facts("mod_forum_get_forum_discussions", [row], alone)
    if not sound or not row["numreplies"]:
        return found, sound, row["discussion"] if sound else 0
    thread: int = row["discussion"]
    try:
        answer = look.client.read(
            function, discussionid=thread, sortby="created", sortdirection="ASC"
        )
    except Refused as error:
        if error.kind == "forbidden":
            raise
        return [], False, thread  # deleted since it was listed

    def make(post: Row) -> Iterator[Fact]:
        if post["isdeleted"] or post["isprivatereply"]:
            return
        user = whole(post["author"], "id")
        if user not in look.learners:
            return
        common = {"user": user, "course": look.course, "cmid": cmid}
        at = time(post, "timecreated")
        if post["hasparent"]:
            number = whole(post, "id")
            yield facts.reply(look.names, **common, thread=thread, number=number, at=at)
        else:
            yield facts.discussion(look.names, **common, number=thread, at=at)

    posts = listed(answer, "posts", function)
    if not posts:
        # There are replies, and none is shown: that is how Moodle says that a right is lacking.
        raise forbidden(
            "moodle, mod_forum_get_discussion_posts: the web service user sees no posts; add "
            "mod/forum:viewdiscussion to the role"
        )
    found, sound = look.kept.facts(function, posts, make)
    return found, sound, thread


def glossary_entries(look: Look) -> Iterator[Part]:
    """Terms explained. Read by letter: by date fails unless the glossary shows dates."""
    function = "mod_glossary_get_entries_by_letter"
    for cmid, glossary in look.modules("glossary", "entries").items():
        rows: list[Any] = []
        while True:
            more = {"from": len(rows), "limit": _PAGE}
            answer = look.client.read(function, id=glossary, letter="ALL", **more)
            page = listed(answer, "entries", function)
            rows += page
            if len(page) < _PAGE:
                break

        def make(row: Row, cmid: int = cmid) -> Iterator[Fact]:
            if whole(row, "userid") in look.learners:
                yield facts.glossary_entry(
                    look.names,
                    user=row["userid"],
                    course=look.course,
                    cmid=cmid,
                    number=whole(row, "id"),
                    at=time(row, "timecreated"),
                )

        found, sound = look.kept.facts(function, rows, make)
        yield _part(look, found, [cmid] if sound else [], "glossary-entries")


def wiki_pages(look: Look) -> Iterator[Part]:
    """Pages of wikis that a whole course writes: who changed each last. Who did before stays as it
    was read then."""
    function = "mod_wiki_get_subwiki_pages"
    for cmid, wiki in look.modules("wiki", "pages").items():
        answer = look.client.read(function, wikiid=wiki)

        def make(row: Row, cmid: int = cmid) -> Iterator[Fact]:
            if whole(row, "userid") in look.learners:
                yield facts.wiki_page(
                    look.names,
                    user=row["userid"],
                    course=look.course,
                    cmid=cmid,
                    number=whole(row, "id"),
                    at=time(row, "timemodified"),
                )

        found, _ = look.kept.facts(function, listed(answer, "pages", function), make)
        yield Part(found)


def h5p_attempts(look: Look) -> Iterator[Part]:
    """Attempts at interactive pages. No course tells that there are new ones, so they are read when
    somebody was there."""
    function = "mod_h5pactivity_get_user_attempts"
    if not (look.whole or look.moved):
        return
    for cmid, instance in look.contents.of("h5pactivity").items():
        seen: set[int] = set()
        page = 0
        while True:
            answer = look.client.read(function, h5pactivityid=instance, page=page, perpage=_PAGE)
            rows = listed(answer, "usersattempts", function)
            fresh = [
                one for one in rows if not isinstance(one, dict) or one.get("userid") not in seen
            ]
            seen |= {one["userid"] for one in fresh if isinstance(one, dict) and "userid" in one}
            for row in fresh:

                def make(row: Row, cmid: int = cmid) -> Iterator[Fact]:
                    user = whole(row, "userid")
                    for one in row["attempts"] if user in look.learners else ():
                        yield _h5p_attempt(look, user, cmid, one)

                found, sound = look.kept.facts(function, [row], make)
                if sound:
                    yield _part(look, found, [cmid], "h5p-attempts", row["userid"])
            if len(rows) < _PAGE or not fresh:
                break
            page += 1


def _h5p_attempt(look: Look, user: int, cmid: int, row: Row) -> Fact:
    success, scaled = row.get("success"), row.get("scaled")
    return facts.h5p_attempt(
        look.names,
        user=user,
        course=look.course,
        cmid=cmid,
        at=time(row, "timemodified"),
        completion=bool(row.get("completion")),
        success=None if success is None else bool(success),
        score=None if scaled is None else min(1.0, max(-1.0, float(scaled))),
    )


def feedback(look: Look) -> Iterator[Part]:
    """Who filled in a questionnaire, where that is no secret. No answer is looked at, and one that is
    anonymous is not asked for at all."""
    modules = look.modules("feedback", "userattemptsfinished")
    if not modules:
        return
    function = "mod_feedback_get_feedbacks_by_courses"
    answer = look.client.read(function, courseids=[look.course])
    named = {
        one["id"]
        for one in listed(answer, "feedbacks", function)
        if isinstance(one, dict)
        and isinstance(one.get("id"), int)
        and one.get("anonymous") not in {_ANONYMOUS, None}
    }
    for cmid, instance in modules.items():
        if instance in named:
            yield from _responses(look, cmid, instance)


def _responses(look: Look, cmid: int, instance: int) -> Iterator[Part]:
    function = "mod_feedback_get_responses_analysis"
    rows: list[Row | None] = []
    page = 0
    while True:
        answer = look.client.read(function, feedbackid=instance, page=page, perpage=_PAGE)
        # Only these three: what people answered goes no further than this line.
        fresh = [
            {key: one.get(key) for key in ("id", "userid", "timemodified")}
            if isinstance(one, dict)
            else None
            for one in listed(answer, "attempts", function)
        ]
        rows += fresh
        if len(fresh) < _PAGE:
            break
        page += 1

    def make(row: Row) -> Iterator[Fact]:
        if whole(row, "userid") in look.learners:
            yield facts.feedback(
                look.names,
                user=row["userid"],
                course=look.course,
                cmid=cmid,
                number=whole(row, "id"),
                at=time(row, "timemodified"),
            )

    found, sound = look.kept.facts(function, rows, make)
    yield _part(look, found, [cmid] if sound else [], "feedback")


def _part(
    look: Look, found: list[Fact], cmids: list[int], stream: Any, user: int | None = None
) -> Part:
    parts = frozenset(look.part(stream, cmid) for cmid in cmids)
    return Part(found, parts, None if user is None else frozenset([user]))

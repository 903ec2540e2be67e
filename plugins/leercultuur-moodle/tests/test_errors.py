"""Every error that a Moodle 4.5.6 gave (2026-11-23) comes out as something the caller can act on."""

from __future__ import annotations

import json

import pytest
from scripted_moodle import RECORDED, recorded, recorded_error

from leercultuur_core import AccessDenied, SourceUnavailable
from leercultuur_core.extension.http import Answer
from leercultuur_moodle import Gap, Refused, gaps
from leercultuur_moodle.errors import checked, table

EXPECTED = {
    "retry": "database_down maintenance_mode_web maintenance_mode_cli",
    "not json": "format_missing_error_gives_xml format_missing_gives_xml format_wrong json_body",
    "denied": """access_learner_other_plan auth_nologin authorised_user_ip_restriction bad_token
        bearer_header debug_on_bad_token empty_token function_not_in_service no_wstoken_param
        rest_protocol_off service_disabled service_user_suspended service_user_unconfirmed
        site_policy_not_agreed_message token_expired token_ip_restriction
        user_not_authorised_for_service webservices_off""",
    "forbidden": """access_learner_other_course access_learner_other_user force_password_change
        hidden_course_contents hidden_course_get_courses site_policy_not_agreed
        user_not_fully_set_up userid_calendar_delete_no_cap""",
    "absent": """activity_completion_unknown_user badges_unknown_user
        course_completion_not_enrolled_user course_unknown function_does_not_exist
        function_in_service_twice_case huge_userid negative_userid plan_unknown plans_unknown_user""",
    "off": "badges_off competencies_off course_without_criteria messaging_off",
    "unfit": """bad_utf8 debug_on_missing_parameter missing_parameter no_wsfunction null_byte
        overflow_userid unknown_parameter users_by_field_bad_field wrong_type""",
    "unknown": "discussion_unknown forum_unknown",
    "fine": """activity_completion_not_enrolled_user assignments_unknown_course auth_webservice
        auth_webservice_contents authorised_user_validuntil_past get_method grades_not_enrolled_user
        hidden_course_by_field many_params_over_max_input_vars no_rest_use_capability
        site_policy_agreed site_policy_not_agreed_site_info submissions_unknown_assign
        suspended_learner_by_field suspended_learner_enrolled_users suspended_learner_message
        users_by_field_unknown""",
}
CASES = [(case, kind) for kind, cases in EXPECTED.items() for case in cases.split()]


def answer(case: str) -> Answer:
    step = recorded_error(case)
    headers = {name.lower(): value for name, value in step.headers.items()}
    wait = float(headers["retry-after"]) if "retry-after" in headers else None
    return Answer(step.status, headers, step.body, "POST https://moodle.example", retry_after=wait)


def outcome(case: str) -> tuple[str, str]:
    try:
        checked("core_some_function", answer(case))
    except Refused as error:
        return error.kind, str(error)
    except AccessDenied as error:
        return "denied", str(error)
    except SourceUnavailable as error:
        return ("not json" if "XML" in str(error) else "retry"), str(error)
    return "fine", ""


def test_every_recorded_error_is_in_the_table() -> None:
    recorded_cases = {path.stem for path in (RECORDED / "errors").glob("*.json")}
    assert recorded_cases == {case for case, _ in CASES}


@pytest.mark.parametrize(("case", "kind"), CASES)
def test_recorded_error(case: str, kind: str) -> None:
    found, text = outcome(case)
    assert found == kind
    # Nothing of the server's own words, which may name people or hold paths of the server.
    body = answer(case).body.decode()
    said = json.loads(body) if body.startswith("{") else {}
    message = said.get("message") if "exception" in said else None
    assert not (message and message in text)
    for leak in ("/var/www", "#0 ", "<p>", "agentws", "99999"):
        assert leak not in text


def test_every_code_of_the_recordings_has_a_row() -> None:
    codes = set()
    for path in (RECORDED / "errors").glob("*.json"):
        body = json.loads(path.read_text("utf-8")).get("body")
        if isinstance(body, dict) and "exception" in body:
            codes.add(body.get("errorcode", ""))
    assert {code for code in codes if code.isalnum()} <= set(table())


def test_codes_of_missing_rights_are_forbidden() -> None:
    ablation = json.loads((RECORDED / "capabilities_ablation.json").read_text("utf-8"))
    codes = {
        after.removeprefix("EXC ")
        for effects in ablation.values()
        for _, _, after in effects
        if after.startswith("EXC ")
    }
    assert {table()[code].kind for code in codes} == {"forbidden"}


def test_maintenance_says_when_to_come_back() -> None:
    with pytest.raises(SourceUnavailable) as caught:
        checked("core_some_function", answer("maintenance_mode_cli"))
    assert caught.value.retry_after == 300


def test_each_row_says_what_to_do() -> None:
    kinds = {"retry", "denied", "forbidden", "absent", "off", "unfit"}
    assert all(row.kind in kinds and row.what and row.hint for row in table().values())


def test_a_warning_is_a_gap() -> None:
    said = json.loads(recorded_error("assignments_unknown_course").body)
    assert gaps(said) == (Gap("course", 99999, "2"),)


def test_a_stack_trace_in_a_warning_is_not_kept() -> None:
    said = json.loads(
        (RECORDED / "no_rights" / "core_calendar_get_calendar_events.json").read_text("utf-8")
    )["answer"]
    assert "/var/www" in str(said)
    assert gaps(said) == (Gap("course", 2, "nopermissions"),)


def test_nothing_new_is_no_gap() -> None:
    assert gaps(recorded("mod_assign_get_submissions.since_future")) == ()


@pytest.mark.parametrize("strange", [[], None, {"warnings": None}, {"warnings": [1, {}]}])
def test_no_warnings_no_gaps(strange: object) -> None:
    assert gaps(strange) == ()

"""Fills an empty Tryton database with a small bakery. Run by the server's own Python::

    python provision.py CONFIGURATION DATABASE

Prints, as JSON, the ids that the tests need. Everybody in it is made up.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from typing import Any

from trytond import config

config.update_etc(sys.argv[1])

from trytond.pool import Pool  # noqa: E402 - reads the configuration when it is imported
from trytond.transaction import Transaction  # noqa: E402

PASSWORD = "a-password-for-tests-only"  # noqa: S105 - of a database that a test makes

PEOPLE = (  # code, name, language, department, start, end, supervisor
    ("E1", "Mila de Wit", "nl", "Oven", dt.date(2019, 1, 1), None, ""),
    ("E2", "Sanne Bakker", "nl", "Oven", dt.date(2024, 5, 1), None, "E1"),
    ("E3", "Tomasz Nowak", "en", "Winkel", dt.date(2025, 2, 1), None, "E1"),
    ("E4", "Anouk Smit", "", "Winkel", dt.date(2020, 1, 1), dt.date(2025, 12, 31), "E1"),
)
WORKS = ("Ontwikkelgesprek", "Studieverlof", "Mentor zijn", "Deeg kneden")
# What Tryton lets nobody but its administrators do, and an adapter needs: model → may create.
RIGHTS = {"purchase.requisition": False, "res.notification": True}
RULES = (
    ("purchase_requisition", "rule_group_requisition_admin"),
    ("res", "rule_group_notification_admin"),
)


def make(model: str, /, **values: Any) -> Any:
    """A saved record."""
    record = Pool().get(model)(**values)
    record.save()
    return record


def first(model: str, *clause: Any) -> Any:
    """The first record that fits."""
    return Pool().get(model).search([clause])[0]


def data(module: str, name: str) -> int:
    """The id of a record that a module brings."""
    number: int = Pool().get("ir.model.data").get_id(module, name)
    return number


def people(company: Any) -> dict[str, Any]:
    """Employees by code, with a party, a mail address and a department each."""
    root = make("party.category", name="Afdelingen")
    departments = {
        name: make("party.category", name=name, parent=root) for name in ("Oven", "Winkel")
    }
    employees: dict[str, Any] = {}
    for code, name, language, department, start, end, supervisor in PEOPLE:
        party = make(
            "party.party",
            name=name,
            code=code,
            lang=first("ir.lang", "code", "=", language) if language else None,
            categories=[departments[department]],
        )
        address = f"{code.lower()}@bakery.example"
        make("party.contact_mechanism", party=party, type="email", value=address)
        employees[code] = make(
            "company.employee",
            party=party,
            company=company,
            start_date=start,
            end_date=end,
            supervisor=employees.get(supervisor),
        )
    return employees


def tasks(company: Any) -> dict[str, Any]:
    """A task in each of two projects."""
    made = {}
    for project, task in (("Ontwikkelplannen", "Plan 2026"), ("Rotatie", "Oven")):
        parent = make(
            "project.work",
            name=project,
            type="project",
            company=company,
            status=first("project.work.status", "types", "in", "project"),
        )
        made[project] = make(
            "project.work",
            name=task,
            type="task",
            company=company,
            parent=parent,
            status=first("project.work.status", "types", "in", "task"),
        )
    return made


def products() -> dict[str, Any]:
    """A course, and something that is none."""
    unit = first("product.uom", "symbol", "=", "u")
    made = {}
    for category, name in (("Opleidingen", "Cursus zuurdesem"), ("Kantoor", "Pennen")):
        template = make(
            "product.template",
            name=name,
            type="service",
            default_uom=unit,
            purchasable=True,
            purchase_uom=unit,
            categories=[make("product.category", name=category)],
        )
        made[name] = make("product.product", template=template)
    return made


def reading_group() -> Any:
    """A group with the rights that docs/adapters/tryton.md asks for, and no more."""
    group = make("res.group", name="leercultuur")
    for model, create in RIGHTS.items():
        make(
            "ir.model.access",
            model=model,
            group=group,
            perm_read=True,
            perm_write=False,
            perm_create=create,
            perm_delete=False,
        )
    for module, name in RULES:
        rule = Pool().get("ir.rule.group")(data(module, name))
        rule.groups = [*rule.groups, group]
        rule.save()
    return group


def main(database: str) -> dict[str, Any]:
    """Makes everything; the ids by name."""
    with Transaction().start(database, 0):
        Pool(database).init()
    with Transaction().start(database, 1) as transaction:
        euro = make(
            "currency.currency", name="Euro", code="EUR", symbol="€", rounding=Decimal("0.01")
        )
        company = make(
            "company.company",
            party=make("party.party", name="Bakkerij De Korenaar", code="C1"),
            currency=euro,
            timezone="Europe/Amsterdam",
        )
        with transaction.set_context(company=company.id, companies=[company.id]):
            employees = people(company)
            group = reading_group()
            made = {
                "employees": employees,
                "works": {
                    name: make("timesheet.work", name=name, company=company) for name in WORKS
                },
                "tasks": tasks(company),
                "products": products(),
                "users": {},
            }
            for login, groups, employee in (
                ("leercultuur", [group], None),
                ("weak", [], None),
                ("manager", [], employees["E1"]),
                ("sanne", [], employees["E2"]),
            ):
                made["users"][login] = make(
                    "res.user",
                    name=login,
                    login=login,
                    password=PASSWORD,
                    groups=groups,
                    companies=[company],
                    company=company,
                    employees=[employee] if employee else [],
                    employee=employee,
                )
            admin = first("res.user", "login", "=", "admin")
            admin.groups = Pool().get("res.group").search([("name", "!=", "leercultuur")])
            admin.password = PASSWORD
            admin.companies, admin.company = [company], company
            admin.save()
        ids: dict[str, Any] = {
            kind: {name: record.id for name, record in records.items()}
            for kind, records in made.items()
        }
        ids["company"] = company.id
        ids["unit"] = first("product.uom", "symbol", "=", "u").id
        transaction.commit()
    return ids


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[2])))

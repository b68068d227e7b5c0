"""Paths as people compare them: terms in words, the arithmetic line by line."""

from __future__ import annotations

from typing import Any

from case_api.console.fields import percent, yuan
from case_api.console.parts import div, el
from case_api.console.visit import Visit

Row = dict[str, Any]


def terms_line(visit: Visit, terms: Row) -> str:
    """What is agreed, in one line."""
    match terms["kind"]:
        case "rescission" if terms.get("court"):
            return visit.t("terms.court", no=terms["court"]["document_no"])
        case "rescission":
            return visit.t("terms.rescission", share=percent(terms["refund_bp"]))
        case "transfer":
            values = {"successor": terms["successor"], "fee": percent(terms["fee_bp"]), "reduction": percent(terms["reduction_bp"])}
            return visit.t("terms.transfer", **values)
        case "deferral":
            return visit.t("terms.deferral", days=terms["days"], sum=yuan(terms["overdue_fen"]), fee=percent(terms["late_fee_bp_per_day"]))
        case "referral":
            return visit.t("terms.referral", share=percent(terms["share_bp"]), days=terms["within_days"])
        case _:
            return visit.t("terms.keep_with_benefits", count=sum(item["quantity"] for item in terms["items"]))


def headline(visit: Visit, content: Row) -> None:
    """What a path comes to, and for what."""
    with div("decision-sum"):
        el("span", visit.named("direction", content["price"]["direction"]))
        el("strong", yuan(content["price"]["total_fen"]), "sum")
        el("span", terms_line(visit, content["terms"]))


def price_lines(visit: Visit, price: Row) -> None:
    """The arithmetic: each line with its formula, and what it comes to."""
    with el("table", "", "sums"):
        el("caption", visit.t("sums.caption"), "visually-hidden")
        with el("tbody"):
            for line in price["lines"]:
                with el("tr"):
                    el("td", visit.both(line, "label"))
                    el("td", line["formula"], "formula")
                    el("td", yuan(line["fen"]), "amount")
            with el("tr", "", "total"):
                el("th", visit.named("direction", price["direction"]), scope="row")
                el("td", "", "formula")
                el("td", yuan(price["total_fen"]), "amount")


def payee_line(visit: Visit, payee: Row) -> str:
    """Who is paid what, where to."""
    return f"{visit.named('payee', payee['role'])} {payee['name']} · {payee['bank']} {payee['account'] or ''} · {yuan(payee['amount_fen'])}"

"""`docs/roles.md`: what each permission means, and which role holds it."""

from __future__ import annotations

from typing import get_args

from case_api.security import GRANTS, Permission
from models.people import Role

MEANING: dict[Permission, str] = {
    Permission.SESSION_RUN: "hold a live session",
    Permission.SESSION_READ_OWN: "read, play and export one's own sessions",
    Permission.SESSION_READ_SITE: "read, play and export every session of the site",
    Permission.SESSION_ACCOMPANY: "send a hint to the phone of a running conversation; listen in on it, if the customer agreed to that",
    Permission.SESSION_LABEL: "label the site's conversations, export them with their sound to measure the ear",
    Permission.SESSION_CLIP: "cut clips out of the site's conversations, share them with its consultants",
    Permission.SESSION_CORRECT: "correct what was recognised in the site's conversations, except in one's own; the original stays",
    Permission.CONSENT_WITHDRAW: "write down that a customer withdrew the consent to a recording one may read",
    Permission.CASE_READ: "see the site's cases",
    Permission.CASE_CREATE: "open a case, link a session to it",
    Permission.ENROLMENT_OWN: "enrol and delete one's own voice",
    Permission.PERSON_MANAGE: "accounts, roles, passwords (no access to conversations)",
    Permission.SITE_MANAGE: "create and rename sites, set what the ear's thresholds are there",
    Permission.THRESHOLD_READ: "see the ear's thresholds at a site",
    Permission.METRICS_READ: "read the service's own measurements (Prometheus)",
    Permission.CASE_INTAKE: "receive the customer: fill in and submit the registration form",
    Permission.CASE_MANAGE: "run the case: assign, conclude the assessment, offer, record the answer, complete",
    Permission.CASE_PERSONAL: "see whole ID numbers, phone and account numbers",
    Permission.CASE_ASSESS_FINANCE: "hand in the assessment of finance",
    Permission.CASE_ASSESS_LEGAL: "hand in the assessment of legal",
    Permission.CASE_ASSESS_MARKETING: "hand in the assessment of marketing",
    Permission.CASE_APPROVE: "decide an approval that asks for one's role; delegate it",
    Permission.CASE_CLOSE: "carry out the closing actions and archive",
    Permission.CASE_IMPORT: "import cases from a file",
    Permission.BRIEF_RECEIVE: "receive the closing brief",
    Permission.REFUND_PAY: "make the refund instruction and confirm the payment",
    Permission.POLICY_READ: "see the rules: tiers, refund steps, deadlines",
    Permission.POLICY_DRAFT: "draft a rule",
    Permission.POLICY_AUTHORISE: "authorise or return a drafted rule",
    Permission.POLICY_PUBLISH: "publish an authorised rule, retire one",
    Permission.EVIDENCE_ADD: "add evidence to a case",
    Permission.HOLD_MANAGE: "place and lift legal holds",
    Permission.AUDIT_READ: "read the audit record",
    Permission.WEBHOOK_MANAGE: "manage webhooks and notification channels",
    Permission.BENEFIT_MANAGE: "manage the benefit pool",
    Permission.KNOWLEDGE_READ: "search the knowledge base",
    Permission.LIBRARY_READ: "see scripts, terms and wording rules; try a sentence against them",
    Permission.LIBRARY_EDIT: "draft scripts, terms and wording rules, import them; take a phrase into the lexicon, say that a hit was none",
    Permission.LIBRARY_DESK: "see the script desk: drafts, versions, what they would change; decide on somebody else's term",
    Permission.LIBRARY_APPROVE: "approve or return what somebody else drafted at the script desk",
    Permission.LEARNING_READ: "see what scripts achieve (of nobody by name), new terms, groups of complaints, before and after",
    Permission.LEARNING_MANAGE: "set what a site withholds and learns from, and its figures from before",
    Permission.LEARNING_EXPORT: "export the keyword log without names and numbers",
    Permission.WARNING_READ: "see the site's early-warning board",
    Permission.WARNING_READ_RED: "see those of the site's early warnings that were ever red",
    Permission.WARNING_ANSWER: "acknowledge, contact and resolve early warnings one may see; name a customer's conversations",
    Permission.WARNING_ASSIGN: "give an early warning to somebody",
    Permission.WARNING_RULES: "draft, publish and try the rules that raise early warnings",
    Permission.CRM_IMPORT: "import events of customers from a file",
    Permission.CRM_SOURCE_READ: "see the programs that tell of customers (never their secrets)",
    Permission.CRM_SOURCE: "manage the programs that tell of customers, and their secrets",
    Permission.FIGURES_READ: "see the figures of the cases, and the cases behind them",
    Permission.ACK_READ: "see the co-residents' acknowledgements",
    Permission.ACK_RECORD: "record a co-residents' acknowledgement and have it signed",
    Permission.COMPETITOR_RECORD: "write down what a competitor is said to offer",
    Permission.COMPETITOR_VERIFY: "verify a competitor's offer and compare it with ours",
}


def roles_table() -> str:
    """The page, whole."""
    roles = get_args(Role)
    lines = [
        "# Roles",
        "",
        "Generated by `calmdesk docs`. A person holds each role at one site or at all of them; `admin` is always held everywhere.",
        'What is not ticked is refused. Somebody else\'s session answers "not found", so that ids cannot be probed.',
        "",
        "| permission | meaning | " + " | ".join(roles) + " |",
        "|---|---|" + ":-:|" * len(roles),
    ]
    for permission in Permission:
        ticks = " | ".join("✓" if permission in GRANTS[role] else "" for role in roles)
        lines.append(f"| `{permission}` | {MEANING[permission]} | {ticks} |")
    return "\n".join(lines) + "\n"

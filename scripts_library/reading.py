"""From files to records: one function a kind of file, faults reported as they are found."""

from __future__ import annotations

from collections.abc import Container

from scripts_library import checks
from scripts_library.pages import Fields, Page, Spot
from scripts_library.records import (
    LEVELS,
    Category,
    Cause,
    Cue,
    Kind,
    Listen,
    Moment,
    Review,
    ReviewStatus,
    Script,
    Signal,
    Term,
    Tone,
    WordingRule,
)

LONGEST_TERM = 12
LONGEST_PHRASE = 16


class Registry:
    """Who uses a word or id already, so that the second user is told where the first one stands."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[str, Spot]] = {}

    def claim(self, page: Page, spot: Spot, owner: str, code: str, key: str | None = None) -> bool:
        taken = self._owners.setdefault(key or spot.text, (owner, spot))
        if taken[1] is spot:
            return True
        page.report_spot(spot, code, value=spot.text, owner=taken[0], place=taken[1].place)
        return False

    def __contains__(self, key: str) -> bool:
        return key in self._owners


def _identity(page: Page, fields: Fields, taken: Registry) -> str:
    spot = fields.text("id")
    if spot is None:
        return ""
    if not checks.SLUG.fullmatch(spot.text):
        page.report_spot(spot, "bad_id", value=spot.text)
    taken.claim(page, spot, spot.text, "duplicate_id")
    return spot.text


def _bounded(page: Page, spots: list[Spot], most: int) -> tuple[str, ...]:
    for spot in spots:
        if len(spot.text) > most:
            page.report_spot(spot, "too_long", count=len(spot.text), most=most)
    return tuple(spot.text for spot in spots)


class ScriptReader:
    """scripts/*.yaml."""

    FIELDS = ("id", "kind", "situation", "cause", "tone", "levels", "zh", "en", "review")

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self._ids = Registry()
        self._texts = Registry()

    def read(self, page: Page, hidden: Container[str] = ()) -> None:
        """A file of scripts; those that are `hidden` are told elsewhere."""
        if page.root is None:
            return
        page.root.only("defaults", "scripts")
        defaults = page.root.mapping("defaults")
        if defaults:
            defaults.only(*self.FIELDS[1:6], "review")
        self.read_entries(page, page.root, defaults, hidden)

    def read_entries(self, page: Page, root: Fields, defaults: Fields | None, hidden: Container[str] = ()) -> None:
        """The list `scripts` of any page."""
        for fields in root.items("scripts", defaults):
            script = None if fields.raw("id") in hidden else self._script(page, fields)
            if script:
                self.scripts.setdefault(script.id, script)

    def _script(self, page: Page, fields: Fields) -> Script | None:
        fields.only(*self.FIELDS)
        identity = _identity(page, fields, self._ids)
        zh, en = fields.text("zh"), fields.text("en")
        kind, situation = fields.choice("kind", Kind), fields.choice("situation", Moment)
        tone, review = fields.choice("tone", Tone), self._review(page, fields)
        cause = fields.choice("cause", Cause, Cause.ANY)
        levels = fields.choices("levels", LEVELS) or frozenset(LEVELS)
        if zh:
            self._check_chinese(page, zh)
        if en and len(en.text) > checks.MOST_ENGLISH:
            page.report_spot(en, "too_long", count=len(en.text), most=checks.MOST_ENGLISH)
        if not (identity and zh and en and kind and situation and tone and cause and review):
            return None
        if review.status is ReviewStatus.APPROVED:
            self._check_promises(page, zh, en)
        return Script(identity, kind, situation, cause, tone, levels, zh.text, en.text, review)

    def _check_chinese(self, page: Page, zh: Spot) -> None:
        count = checks.hanzi(zh.text)
        if not count:
            page.report_spot(zh, "no_hanzi", value=zh.text)
        if count > checks.MOST_HANZI:
            page.report_spot(zh, "too_long", count=count, most=checks.MOST_HANZI)
        self._texts.claim(page, zh, zh.text, "duplicate_text")

    @staticmethod
    def _check_promises(page: Page, *spots: Spot) -> None:
        for spot in spots:
            promise = checks.promise_in(spot.text)
            if promise:
                page.report_spot(spot, "promise", value=promise)

    @staticmethod
    def _review(page: Page, fields: Fields) -> Review | None:
        review = fields.mapping("review")
        if review is None:
            if fields.get("review") is None:
                page.report(fields.node, "missing_field", field="review")
            return None
        review.only("status", "by", "on", "note")
        status = review.choice("status", ReviewStatus)
        if status is None:
            return None
        by, on = review.optional("by"), review.day("on")
        if status is ReviewStatus.APPROVED:  # an approval nobody signed and dated is none
            for field, value in (("by", by), ("on", on)):
                if not value and review.get(field) is None:
                    page.report(review.node, "missing_field", field=field)
        return Review(status, by, on, review.optional("note"))


class LexiconReader:
    """lexicon/*.yaml: a category and its terms."""

    FIELDS = ("term", "aliases", "misheard", "near", "not_if", "severity", "signal", "cause", "moment", "listen")
    DEFAULTS = ("near", "severity", "signal", "cause", "moment", "listen")

    def __init__(self) -> None:
        self.categories: dict[str, Category] = {}
        self.terms: dict[str, Term] = {}
        self._ids = Registry()
        self._words = Registry()

    def read(self, page: Page, hidden: Container[str] = (), *, known: bool = False) -> None:
        """A file of one category; `known`: it is one that other files have begun."""
        if page.root is None:
            return
        page.root.only("category", "defaults", "terms")
        header = page.root.mapping("category")
        if header is None:
            page.report(page.root.node, "missing_field", field="category")
            return
        header.only("id", "zh", "en")
        category = self._known_category(page, header, "id") if known else self._new_category(page, header)
        defaults = page.root.mapping("defaults")
        if defaults:
            defaults.only(*self.DEFAULTS)
        for fields in page.root.items("terms", defaults):
            if fields.raw("term") not in hidden:
                fields.only(*self.FIELDS)
                self._keep(self._term(page, fields, category))

    def read_entries(self, page: Page, root: Fields, hidden: Container[str] = ()) -> None:
        """The list `terms` of a page of all categories: each term names its own."""
        for fields in root.items("terms"):
            if fields.raw("term") not in hidden:
                fields.only(*self.FIELDS, "category")
                self._keep(self._term(page, fields, self._known_category(page, fields, "category")))

    def _new_category(self, page: Page, header: Fields) -> str:
        category = _identity(page, header, self._ids)
        zh, en = header.text("zh"), header.text("en")
        if category and zh and en:
            self.categories.setdefault(category, Category(category, zh.text, en.text))
        return category

    def _known_category(self, page: Page, fields: Fields, field: str) -> str:
        spot = fields.text(field)
        if spot is None:
            return ""
        if spot.text not in self.categories:
            page.report_spot(spot, "unknown_value", value=spot.text, allowed=" ".join(self.categories))
        return spot.text

    def _keep(self, term: Term | None) -> None:
        if term:
            self.terms.setdefault(term.name, term)

    def _term(self, page: Page, fields: Fields, category: str) -> Term | None:
        name = fields.text("term")
        if name is None:
            return None
        aliases, misheard = fields.texts("aliases"), fields.texts("misheard")
        for spot in (name, *aliases, *misheard):
            self._check_word(page, spot, name.text)
        severity = int(fields.number("severity", 2, 1, 3))
        signal = fields.choice("signal", Signal, Signal.NONE) or Signal.NONE
        cause = fields.choice("cause", Cause) if fields.get("cause") is not None else None
        moment = fields.choice("moment", Moment) if fields.get("moment") is not None else None
        listen = fields.choice("listen", Listen, Listen.NEAR) or Listen.NEAR
        return Term(
            name.text,
            category,
            tuple(spot.text for spot in aliases),
            tuple(spot.text for spot in misheard),
            _bounded(page, fields.texts("near"), LONGEST_TERM),
            _bounded(page, fields.texts("not_if"), LONGEST_TERM),
            severity,
            signal,
            cause,
            moment,
            listen,
        )

    def _check_word(self, page: Page, spot: Spot, owner: str) -> None:
        if not any(map(str.isalnum, spot.text)):
            page.report_spot(spot, "no_sound", value=spot.text)
        self._words.claim(page, spot, owner, "duplicate_word")
        if len(spot.text) > LONGEST_TERM:
            page.report_spot(spot, "too_long", count=len(spot.text), most=LONGEST_TERM)


class WordingReader:
    """wording.yaml: what staff should not say."""

    def __init__(self, scripts: dict[str, Script]) -> None:
        self.rules: list[WordingRule] = []
        self._scripts = scripts
        self._ids = Registry()
        self._phrases = Registry()

    def read(self, page: Page, hidden: Container[str] = ()) -> None:
        """The file of rules; those that are `hidden` are told elsewhere."""
        if page.root is None:
            return
        page.root.only("rules")
        self.read_entries(page, page.root, hidden)

    def read_entries(self, page: Page, root: Fields, hidden: Container[str] = ()) -> None:
        """The list `rules` of any page."""
        for fields in root.items("rules"):
            rule = None if fields.raw("id") in hidden else self._rule(page, fields)
            if rule:
                self.rules.append(rule)

    def _rule(self, page: Page, fields: Fields) -> WordingRule | None:
        fields.only("id", "phrases", "unless", "instead")
        identity = _identity(page, fields, self._ids)
        phrases = fields.texts("phrases")
        if not phrases:
            page.report(fields.node, "missing_field", field="phrases")
        for spot in phrases:
            self._phrases.claim(page, spot, identity, "duplicate_word")
            if checks.hanzi(spot.text) < 2:
                page.report_spot(spot, "too_short", value=spot.text, least=2)
        instead = fields.mapping("instead")
        if instead is None:
            page.report(fields.node, "no_instead")
            return None
        instead.only("scripts", "zh", "en")
        scripts = self._known(page, instead.texts("scripts"))
        zh, en = instead.optional("zh"), instead.optional("en")
        if not scripts and not (zh and en):
            page.report(instead.node, "no_instead")
        promise = checks.promise_in(zh)
        if promise:
            page.report(instead.node, "promise", value=promise)
        unless = _bounded(page, fields.texts("unless"), LONGEST_PHRASE)
        return WordingRule(identity, _bounded(page, phrases, LONGEST_PHRASE), unless, scripts, zh, en)

    def _known(self, page: Page, spots: list[Spot]) -> tuple[str, ...]:
        for spot in spots:
            script = self._scripts.get(spot.text)
            if script is None:
                page.report_spot(spot, "unknown_script", value=spot.text)
            elif not script.approved:
                page.report_spot(spot, "unapproved_script", value=spot.text)
        return tuple(spot.text for spot in spots)


class CueReader:
    """causes.yaml and holdback.yaml: groups of phrases with a weight."""

    def __init__(self, groups: type[Cause] | None = None) -> None:
        self.cues: list[Cue] = []
        self._groups = groups
        self._ids = Registry()
        self._phrases = Registry()

    def read(self, page: Page) -> None:
        if page.root is None:
            return
        page.root.only("groups")
        for fields in page.root.items("groups"):
            fields.only("group", "weight", "phrases")
            self._group(page, fields)

    def _group(self, page: Page, fields: Fields) -> None:
        spot = fields.text("group")
        if spot is None:
            return
        self._ids.claim(page, spot, spot.text, "duplicate_id")
        if self._groups and fields.choice("group", self._groups) is None:
            return
        weight = fields.number("weight", 1.0, 0.1, 3.0)
        for phrase in fields.texts("phrases"):
            if self._phrases.claim(page, phrase, spot.text, "duplicate_word"):
                self.cues.append(Cue(phrase.text, spot.text, weight))


def read_words(page: Page) -> list[str]:
    """everyday.yaml: ordinary words that merely sound like a term."""
    if page.root is None:
        return []
    page.root.only("words")
    return [spot.text for spot in page.root.texts("words")]


def read_not_heard(page: Page) -> dict[str, frozenset[str]]:
    """not_heard.yaml: by term, texts that were taken for it and are not. A term that is gone again does no harm."""
    if page.root is None:
        return {}
    page.root.only("terms")
    found: dict[str, frozenset[str]] = {}
    for fields in page.root.items("terms"):
        fields.only("term", "heard")
        name, texts = fields.text("term"), fields.texts("heard")
        if name is not None:
            found[name.text] = found.get(name.text, frozenset()) | {spot.text for spot in texts}
    return found

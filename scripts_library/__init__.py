"""What to say and what to listen for: scripts and lexicon as files a trainer edits, and the code that matches and ranks them."""

from scripts_library.library import Library, validate
from scripts_library.listening import Listener, WordingHit, WordingMatcher, intensity, merge_causes, moment_of
from scripts_library.matcher import Hit, Matcher
from scripts_library.problems import LibraryError, Problem
from scripts_library.ranking import Choice, PromptBudget, PromptPolicy, Ranker, Refusal, Shown, Situation, Verdict
from scripts_library.records import Cause, Kind, Moment, Script, Signal, Term
from scripts_library.trying import Tried, try_sentence
from scripts_library.watcher import LibraryWatcher

__all__ = [
    "Cause",
    "Choice",
    "Hit",
    "Kind",
    "Library",
    "LibraryError",
    "LibraryWatcher",
    "Listener",
    "Matcher",
    "Moment",
    "Problem",
    "PromptBudget",
    "PromptPolicy",
    "Ranker",
    "Refusal",
    "Script",
    "Shown",
    "Signal",
    "Situation",
    "Term",
    "Tried",
    "Verdict",
    "WordingHit",
    "WordingMatcher",
    "intensity",
    "merge_causes",
    "moment_of",
    "try_sentence",
    "validate",
]

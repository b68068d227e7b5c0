// The customer takes the consent to the recording back: asked once, done at once, and told in plain words what happened.

import { call } from "../api.js";
import { action, ask, h, icon } from "../dom.js";
import { header } from "../header.js";
import { t } from "../i18n.js";

const DONE = new Set(["consent_withdrawn", "not_found"]); // somebody was quicker, or the record is no longer theirs to see
const AGAIN_MS = 5000;

/** What it will do is said before it is done; resolves to true or false. */
export function askWithdrawal() {
  return ask({
    title: t("withdrawal.ask"),
    body: t("withdrawal.ask.body"),
    yes: t("withdrawal.yes"),
    no: t("action.cancel"),
    danger: true,
  });
}

/** The server's sessions of a conversation: more than one where it went on in a new one. */
function sessionsOf(record) {
  return [...(record.earlier ?? []), record.session].filter(Boolean);
}

async function tell(session) {
  try {
    await call("POST", `/v1/sessions/${session}/consent/withdrawal`, { json: { asked_by: "customer" } });
  } catch (problem) {
    if (!DONE.has(problem.code)) throw problem;
  }
}

/** `record` says by `withdrawn` that the server has to be told; it stays on the phone until that is done. */
export function withdrawnScreen(app, { record }) {
  const state = h("p", { class: "notice", role: "status" });
  settle(app, record, state);
  return h(
    "main",
    { class: "screen" },
    header(app, t("withdrawal.title")),
    h("p", { class: "context" }, record.case?.label ?? t("case.without")),
    h("section", { class: "card" }, h("h2", {}, icon("micoff"), t("withdrawal.stopped")), h("p", {}, t("withdrawal.body"))),
    state,
    action(t("withdrawal.goon"), () => goOn(app, record), { class: "button primary large" }),
    h("p", { class: "hint" }, t("withdrawal.goon.detail")),
    action(t("action.home"), () => app.start(), { class: "button large" }),
  );
}

// Told, or tried again for as long as the page is there, whatever it shows meanwhile; a reload comes back to it.
async function settle(app, record, state) {
  const say = (text, bad) => {
    state.className = bad ? "notice bad" : "notice";
    if (state.textContent !== text) state.textContent = text;
  };
  try {
    if (record.withdrawn) {
      say(t("withdrawal.telling"), false);
      for (const session of sessionsOf(record)) await tell(session);
      record.withdrawn = false;
      await app.database.removeSession(record.key);
    }
    say(t("withdrawal.told"), false);
    state.hidden = sessionsOf(record).length === 0; // the server never had any of it
    if (app.screen.parameters.record === record) app.release(); // else a conversation that began since holds it
  } catch (problem) {
    say(t("withdrawal.untold", { problem: problem.message }), true);
    setTimeout(() => settle(app, record, state), AGAIN_MS);
  }
}

function goOn(app, record) {
  app.go("ready", { case: record.case, consent: { ...record.consent, recording: false } });
}

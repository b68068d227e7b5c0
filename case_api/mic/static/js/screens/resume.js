// A conversation that a reload, a crash or an empty battery cut off: its audio is sent on at once, the person decides the rest.

import { account } from "../api.js";
import { Conversation } from "../conversation.js";
import { action, ask, clock, h } from "../dom.js";
import { header } from "../header.js";
import { moment, t } from "../i18n.js";
import { microphoneHelp } from "./help.js";
import { signInForm } from "./sign-in.js";

/** The sign-in ran out in the middle: the microphone stays open, the audio waits on the phone. */
export function askToSignIn(conversation) {
  if (document.querySelector("dialog.signin")) return;
  const dialog = h("dialog", { class: "dialog signin", "aria-labelledby": "again-title", oncancel: (event) => event.preventDefault() });
  const done = () => {
    if (account.person.id !== conversation.record.personId) throw new Error(t("signin.sameperson"));
    dialog.remove();
    conversation.connect();
  };
  dialog.append(h("h2", { id: "again-title" }, t("signin.again")), h("p", {}, t("signin.again.detail")), signInForm(done));
  document.body.append(dialog);
  dialog.showModal();
}

export function resumeScreen(app, { record }) {
  const waiting = h("strong", {});
  const body = h("div", { class: "stack", "aria-busy": "true" });
  const element = h(
    "main",
    { class: "screen" },
    header(app, t("resume.title")),
    h(
      "section",
      { class: "card" },
      h("h2", {}, record.case?.label ?? t("case.without")),
      h("p", {}, t("resume.started", { time: moment(record.startedAt) })),
      h("p", {}, t("resume.waiting"), waiting),
    ),
    body,
  );
  open(app, record, { element, waiting, body });
  return element;
}

async function open(app, record, { element, waiting, body }) {
  const conversation = await Conversation.open(app.database, record, account);
  conversation.addEventListener("line", ({ detail }) => detail === "signin" && askToSignIn(conversation));
  conversation.connect();
  if (record.stopped) {
    app.go("summary", { conversation });
    return;
  }
  const ticker = setInterval(() => {
    waiting.textContent = clock(conversation.pendingSeconds);
    if (!element.isConnected) clearInterval(ticker);
  }, 250);
  conversation.addEventListener("withdrawn", () => element.isConnected && app.go("withdrawn", { record }));
  conversation.addEventListener("failed", ({ detail }) => element.isConnected && app.go("failed", { conversation, error: detail }));
  conversation.addEventListener("ended", () => element.isConnected && app.go("summary", { conversation }));
  body.replaceChildren(...choices(app, conversation, body));
  body.setAttribute("aria-busy", "false");
}

function choices(app, conversation, body) {
  const goOn = async () => {
    try {
      await conversation.listen();
      app.go("live", { conversation });
    } catch (error) {
      body.replaceChildren(microphoneHelp(error.reason, () => body.replaceChildren(...choices(app, conversation, body))));
    }
  };
  const finish = async () => {
    await conversation.stop();
    app.go("summary", { conversation });
  };
  const drop = async () => {
    const lost = { title: t("resume.drop.title"), body: t("resume.drop.body"), yes: t("resume.drop"), no: t("action.cancel") };
    if (!(await ask({ ...lost, danger: true }))) return;
    await conversation.discard();
    app.release();
    app.go("cases");
  };
  return [
    action(t("resume.goon"), goOn, { class: "button primary large" }),
    action(t("resume.finish"), finish, { class: "button large" }),
    action(t("resume.drop"), drop, { class: "button plain" }),
  ];
}

/** Another tab or window of this phone holds the conversation. */
export function elsewhereScreen(app) {
  return h(
    "main",
    { class: "screen" },
    header(app, t("elsewhere.title")),
    h("p", { class: "notice" }, t("elsewhere.body")),
    action(t("action.retry"), () => app.start(), { class: "button primary large" }),
  );
}

/** The server refuses to go on; what it does not have stays on the phone until the person decides. */
export function failedScreen(app, { conversation, error }) {
  const message = t("failed.body", { seconds: Math.ceil(conversation.pendingSeconds) });
  const retry = () => {
    app.release();
    app.start();
  };
  const drop = async () => {
    await conversation.discard();
    app.release();
    app.go("cases");
  };
  return h(
    "main",
    { class: "screen" },
    header(app, t("failed.title")),
    h("p", { class: "notice bad" }, app.messageOf(error)),
    conversation.accepted ? h("p", {}, message) : null,
    conversation.accepted ? action(t("action.retry"), retry, { class: "button primary large" }) : null,
    action(t(conversation.accepted ? "resume.drop" : "action.home"), drop, { class: "button large" }),
  );
}

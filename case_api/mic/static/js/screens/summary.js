// After the conversation: the rest is uploaded, then what it came to.

import { download } from "../api.js";
import { action, clock, h, icon, toast } from "../dom.js";
import { header } from "../header.js";
import { both, t } from "../i18n.js";
import { askToSignIn } from "./resume.js";
import { askWithdrawal } from "./withdrawal.js";

const REFRESH_MS = 250;
const SPEAKERS = ["customer", "staff", "unsure"];

export function summaryScreen(app, { conversation }) {
  const body = h("div", { class: "stack" });
  const element = h(
    "main",
    { class: "screen" },
    header(app, t("summary.title")),
    h("p", { class: "context" }, conversation.record.case?.label ?? t("case.without")),
    body,
  );
  conversation.addEventListener("withdrawn", () => element.isConnected && app.go("withdrawn", { record: conversation.record }));
  const finish = () => {
    app.release();
    body.replaceChildren(...result(app, conversation));
  };
  if (conversation.over) {
    finish();
    return element;
  }
  const line = h("p", { role: "status" });
  body.append(h("section", { class: "card finishing" }, h("div", { class: "spinner" }), line));
  const ticker = setInterval(() => {
    if (!element.isConnected || conversation.over) clearInterval(ticker);
    const seconds = Math.ceil(conversation.pendingSeconds);
    const text = seconds > 0 ? t(`finishing.${conversation.line === "offline" ? "offline" : "upload"}`, { seconds }) : t("finishing.text");
    if (line.textContent !== text) line.textContent = text;
  }, REFRESH_MS);
  conversation.addEventListener("ended", finish);
  conversation.addEventListener("line", ({ detail }) => detail === "signin" && askToSignIn(conversation));
  conversation.addEventListener("message", ({ detail }) => detail.type === "error" && toast(both(detail), "bad"));
  conversation.addEventListener("failed", ({ detail }) => app.go("failed", { conversation, error: detail }));
  return element;
}

function result(app, conversation) {
  const home = action(t("summary.again"), () => app.start(), { class: "button primary large" });
  const { summary } = conversation;
  if (summary === null) {
    return [h("p", { class: "notice" }, t("summary.closed")), ...files(app, conversation), home];
  }
  return [
    h(
      "section",
      { class: "card figures" },
      figure(clock(summary.seconds), t("summary.seconds")),
      figure(clock(summary.speech_seconds), t("summary.speech")),
      figure(t(`level.${summary.peak_level}`), t("summary.peak"), summary.peak_level),
    ),
    shares(summary.talk_share, summary.moments ?? []),
    prompts(summary.prompts),
    keywords(summary.keywords),
    ...files(app, conversation),
    home,
  ];
}

function figure(value, label, tone = "") {
  return h("div", {}, h("strong", { class: tone }, value), h("small", {}, label));
}

function course(moments) {
  const interruptions = (speaker) => moments.filter((moment) => moment.kind === "interruption" && moment.by === speaker).length;
  const silences = moments.filter((moment) => moment.kind === "silence").map((moment) => moment.seconds);
  const lines = [];
  const [customer, staff] = [interruptions("customer"), interruptions("staff")];
  if (customer + staff > 0) lines.push(t("summary.interruptions", { customer, staff }));
  if (silences.length > 0) lines.push(t("summary.silences", { count: silences.length, seconds: Math.floor(Math.min(...silences)) }));
  return lines.map((line) => h("p", { class: "hint" }, line));
}

function shares(talkShare, moments) {
  const percent = (speaker) => Math.round((talkShare[speaker] ?? 0) * 100);
  const spoke = SPEAKERS.filter((speaker) => percent(speaker) > 0);
  const segment = (speaker) => {
    const bar = h("span", { class: speaker });
    bar.style.flexGrow = percent(speaker);
    return bar;
  };
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t("summary.shares")),
    h("div", { class: "shares", "aria-hidden": "true" }, ...spoke.map(segment)),
    h("ul", { class: "legend" }, ...spoke.map((speaker) => h("li", { class: speaker }, `${t(`speaker.${speaker}`)} ${percent(speaker)}%`))),
    ...course(moments),
  );
}

function prompts(counts) {
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  const rows = kinds.map(([kind, count]) => h(
    "li",
    {},
    h("span", { class: `kind ${kind}` }, t(`prompt.${kind}`)),
    h("strong", {}, String(count)),
  ));
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t("summary.prompts")),
    rows.length > 0 ? h("ul", { class: "counts" }, ...rows) : h("p", { class: "empty" }, t("summary.noprompts")),
  );
}

function keywords(counts) {
  const terms = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const chips = terms.map(([term, count]) => h("span", { class: "chip" }, count > 1 ? `${term} ×${count}` : term));
  return h(
    "section",
    { class: "card" },
    h("h2", {}, t("summary.keywords")),
    chips.length > 0 ? h("div", { class: "keywords wrap" }, ...chips) : h("p", { class: "empty" }, t("summary.nokeywords")),
  );
}

// Sound and text come with the account's token, so they are fetched here and not linked.
function files(app, conversation) {
  const { session, consent } = conversation.record;
  if (!consent.recording) return [h("p", { class: "notice" }, icon("micoff"), t("summary.norecording"))];
  const place = h("div", { class: "stack" });
  const play = async () => {
    const sound = await download(`/v1/sessions/${session}/audio`);
    place.replaceChildren(h("audio", { controls: true, src: URL.createObjectURL(sound) }));
  };
  const read = async () => {
    const text = await download(`/v1/sessions/${session}/export?format=txt`);
    place.replaceChildren(h("pre", { class: "plain-text", tabIndex: 0 }, await text.text()));
  };
  const careful = (run) => () => run().catch((problem) => toast(problem.message, "bad"));
  const withdraw = async () => {
    if (await askWithdrawal()) await conversation.withdraw();
  };
  return [
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("summary.files")),
      h("p", {}, h("small", {}, t("summary.session", { session }))),
      h("div", { class: "row" }, action(t("summary.play"), careful(play)), action(t("summary.text"), careful(read))),
      place,
      action(t("withdrawal.long"), withdraw, { class: "button plain" }),
    ),
  ];
}

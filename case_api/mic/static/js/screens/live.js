// The conversation: what to say, who says what, how the line is, and stop.

import { ask, clock, h, icon, toast } from "../dom.js";
import { both, t } from "../i18n.js";
import { keepAwake, letSleep } from "../wake-lock.js";
import { CompanionView } from "./companions.js";
import { PromptDeck } from "./prompts.js";
import { askToSignIn } from "./resume.js";
import { askWithdrawal } from "./withdrawal.js";
import { TranscriptView } from "./transcript.js";

const REFRESH_MS = 250;
const WARNING_MS = 20000;
const QUIETEST_DB = -60;
const CLIPPED = 0.99;

export function liveScreen(app, { conversation }) {
  const view = new LiveView(app, conversation);
  return view.element;
}

class LiveView {
  constructor(app, conversation) {
    this.app = app;
    this.conversation = conversation;
    this.deck = new PromptDeck((id, verdict) => conversation.feedback(id, verdict));
    this.companions = new CompanionView((id) => conversation.shown(id));
    this.transcript = new TranscriptView();
    this.warnings = new Map(); // code → element
    this.keywords = new Map(); // term → {chip, count}
    this.build();
    this.listen();
    this.ticker = setInterval(() => this.refresh(), REFRESH_MS);
    this.refresh();
    keepAwake();
  }

  build() {
    const { recording } = this.conversation.record.consent;
    this.line = h("span", { class: "line", role: "status" });
    this.timer = h("time", { class: "timer" });
    this.level = h("span", { class: "level provisional", role: "status" }, t("level.provisional"));
    this.measures = h("span", { class: "measures" });
    this.notes = h("div", { class: "warnings", role: "status" });
    this.chips = h("div", { class: "keywords", tabIndex: 0, hidden: true, "aria-label": t("live.keywords") });
    this.meter = h("span");
    this.element = h(
      "main",
      { class: "live" },
      h(
        "header",
        { class: "status" },
        h("div", { class: "row" }, this.line, this.timer, this.level),
        h("div", { class: "row sub" }, this.subtitle(recording), this.measures),
      ),
      this.notes,
      this.companions.element,
      this.deck.element,
      this.chips,
      this.transcript.element,
      h("footer", { class: "dock" }, h("div", { class: "meter", "aria-hidden": "true" }, this.meter), ...this.buttons()),
    );
  }

  subtitle(recording) {
    this.subject = h("span", {}, this.conversation.record.case?.label ?? t("case.without"));
    return h(
      "span",
      { class: "subject" },
      h("span", { class: recording ? "rec on" : "rec" }, t(recording ? "live.recording" : "live.norecording")),
      this.subject,
    );
  }

  buttons() {
    const mark = h("button", { type: "button", class: "side-button", onclick: () => this.mark() }, icon("bookmark"), t("live.mark"));
    const stop = h(
      "button",
      { type: "button", class: "stop", "aria-label": t("live.stop"), onclick: () => this.stop() },
      h("span", { class: "square" }),
    );
    this.raw = h("p", { class: "mic-state" }, icon("mic"), this.rawText());
    return [h("div", { class: "controls" }, mark, stop, this.conversation.record.consent.recording ? this.recorded() : this.raw)];
  }

  // Taking the consent back is as near as anything else, and small enough not to be hit for the stop.
  recorded() {
    const withdraw = h("button", { type: "button", class: "withdraw", onclick: () => this.withdraw() }, t("withdrawal.open"));
    return h("div", { class: "recorded" }, this.raw, withdraw);
  }

  // What the phone's processing does to the voice, as it was read back after asking for none.
  rawText() {
    const report = this.conversation.microphone.report;
    return t(report.auto_gain_control || report.noise_suppression ? "live.mic.processed" : "live.mic.raw");
  }

  listen() {
    const { conversation } = this;
    const on = (type, run) => conversation.addEventListener(type, ({ detail }) => run(detail));
    on("message", (message) => this.receive(message));
    on("level", (level) => this.showLevel(level));
    on("line", (state) => state === "signin" && askToSignIn(conversation));
    on("interrupted", () => this.warn("interrupted", t("warn.interrupted"), Infinity));
    on("resumed", (seconds) => this.backAgain(seconds));
    on("rolledover", () => toast(t("warn.rolledover")));
    on("caseover", () => (this.subject.textContent = t("case.without")));
    on("diskfailed", () => this.warn("disk", t("warn.disk"), Infinity));
    on("failed", (error) => this.failed(error));
    on("withdrawn", () => this.leave("withdrawn", { record: conversation.record }));
    on("ended", () => this.leave("summary", { conversation }));
  }

  receive(message) {
    const handlers = {
      transcript: () => this.transcript.update(message),
      correction: () => this.transcript.correct(message),
      state: () => this.showState(message),
      prompt: () => this.deck.show(message),
      keyword: () => this.showKeyword(message),
      warning: () => this.warn(message.code, both(message), WARNING_MS),
      hint: () => this.companions.hint(message),
      listeners: () => this.companions.listen(message.people),
      ready: () => this.companions.listen([]), // whoever still listens is told next
      nudge: () => this.warn("nudge", both(message), WARNING_MS),
      error: () => toast(both(message), "bad"),
    };
    handlers[message.type]?.();
  }

  refresh() {
    const { conversation } = this;
    const seconds = Math.ceil(conversation.pendingSeconds);
    const state = conversation.line;
    const text = t(`line.${state}`, { seconds });
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.dataset.state = state;
    this.timer.textContent = clock(conversation.seconds);
  }

  showLevel({ peak, rms }) {
    const db = 20 * Math.log10(Math.max(rms, 1e-6));
    this.meter.style.transform = `scaleX(${Math.max(0, Math.min(1, 1 - db / QUIETEST_DB))})`;
    this.meter.classList.toggle("clipped", peak >= CLIPPED);
  }

  showState({ level, measures }) {
    this.level.className = `level ${level}`;
    if (this.level.textContent !== t(`level.${level}`)) this.level.textContent = t(`level.${level}`);
    this.measures.textContent = changes(measures).join("  ");
  }

  showKeyword(keyword) {
    this.transcript.mark(keyword);
    const known = this.keywords.get(keyword.term) ?? { chip: h("span", { class: "chip" }), count: 0 };
    known.count += 1;
    known.chip.textContent = known.count > 1 ? `${keyword.term} ×${known.count}` : keyword.term;
    this.keywords.set(keyword.term, known);
    this.chips.hidden = false;
    this.chips.prepend(known.chip);
  }

  warn(code, text, milliseconds) {
    this.clearWarning(code);
    const close = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": t("action.close"), onclick: () => this.clearWarning(code) },
      icon("close"),
    );
    const element = h("p", { class: "warning" }, icon("alert"), h("span", {}, text), close);
    this.warnings.set(code, element);
    this.notes.append(element);
    if (Number.isFinite(milliseconds)) setTimeout(() => element.remove(), milliseconds);
  }

  clearWarning(code) {
    this.warnings.get(code)?.remove();
    this.warnings.delete(code);
  }

  backAgain(seconds) {
    this.clearWarning("interrupted");
    toast(t("warn.resumed", { seconds: Math.max(1, Math.round(seconds)) }));
  }

  mark() {
    const at = this.conversation.mark();
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(40);
    toast(t("live.marked", { time: clock(at) }));
  }

  async stop() {
    const sure = await ask({ title: t("stop.title"), body: t("stop.body"), yes: t("stop.yes"), no: t("stop.no"), danger: true });
    if (!sure) return;
    await this.conversation.stop();
    this.leave("summary", { conversation: this.conversation });
  }

  async withdraw() {
    if (await askWithdrawal()) await this.conversation.withdraw();
  }

  async failed(error) {
    await this.conversation.silence();
    this.leave("failed", { conversation: this.conversation, error });
  }

  leave(screen, parameters) {
    if (!this.element.isConnected) return;
    clearInterval(this.ticker);
    letSleep();
    this.app.go(screen, parameters);
  }
}

/** How the customer differs from their own baseline, in words short enough for one line. */
function changes({ rate, loudness }) {
  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(0)}`;
  const known = (measure) => measure?.baseline !== undefined; // absent until there is enough speech
  const parts = [];
  if (known(rate)) parts.push(`${t("measure.rate")} ${signed((rate.value / rate.baseline - 1) * 100)}%`);
  if (known(loudness)) parts.push(`${t("measure.loudness")} ${signed(loudness.value - loudness.baseline)} dB`);
  return parts;
}

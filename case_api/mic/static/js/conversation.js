// One conversation on this phone, from the first packet to the summary: microphone → outbox → line, and what must outlive
// a reload of the page.

import { Link } from "./link.js";
import { Microphone } from "./microphone.js";
import { wantsNudge } from "./nudge.js";
import { Outbox } from "./outbox.js";
import { Sender } from "./sender.js";

const PROTOCOL = 1;
const PACKET_SECONDS = 0.1;
const CATCHING_UP = 20; // packets behind before the page speaks of catching up
const WORTH_A_MARK = 1; // seconds without audio that are noted in the record

/** A new record. `recording: false` keeps nothing but the ids on the phone. */
export function newRecord(personId, withdrawalCase, consent) {
  return {
    key: crypto.randomUUID(),
    personId,
    case: withdrawalCase && { id: withdrawalCase.id, label: withdrawalCase.label },
    consent,
    startedAt: Date.now(),
    session: null,
    base: 0,
    letters: [],
    stopped: false,
  };
}

/**
 * Events: "message" (a server message), "level" {peak, rms}, "line" (state of the link), "interrupted", "resumed" (seconds),
 * "rolledover", "caseover", "diskfailed", "failed" (error message), "withdrawn", "ended" (summary, or null if the server had closed the session).
 */
export class Conversation extends EventTarget {
  static async open(database, record, account) {
    const outbox = new Outbox(database, record.key, record.consent.recording);
    await outbox.restore();
    return new Conversation(database, record, account, outbox);
  }

  constructor(database, record, account, outbox) {
    super();
    this.database = database;
    this.record = record;
    this.account = account; // its `token` is read anew for every line
    this.outbox = outbox;
    this.sender = new Sender(outbox, {
      base: record.base,
      letters: record.letters,
      anchored: record.session === null || outbox.pending > 0,
    });
    this.link = new Link(this.sender, () => this.hello());
    this.microphone = null;
    this.over = false;
    this.summary = null;
    outbox.addEventListener("stored", () => this.link.pump());
    outbox.addEventListener("diskfailed", () => this.emit("diskfailed"));
    this.link.addEventListener("state", ({ detail }) => this.emit("line", detail));
    this.link.addEventListener("message", ({ detail }) => this.receive(detail));
    this.link.addEventListener("rollover", () => this.rollOver());
    this.link.addEventListener("caseover", () => this.unlink());
    this.link.addEventListener("failed", ({ detail }) => this.failed(detail));
  }

  emit(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  hello() {
    return {
      type: "hello",
      version: PROTOCOL,
      token: this.account.token,
      codec: "pcm_s16le",
      sample_rate: 16000,
      consent: this.record.consent,
      case_id: this.record.case?.id ?? null,
      resume: this.record.session,
      mic: this.microphone?.report ?? null,
      nudge: wantsNudge(),
      client: `calmdesk-mic ${navigator.userAgent}`.slice(0, 120),
    };
  }

  connect() {
    this.link.connect();
    if (this.record.stopped) this.link.finish();
  }

  /** Throws MicrophoneError; otherwise packets flow from now on. */
  async listen() {
    const microphone = new Microphone();
    microphone.addEventListener("packet", ({ detail }) => {
      this.outbox.add(detail.pcm);
      this.emit("level", detail);
    });
    microphone.addEventListener("interrupted", () => this.emit("interrupted"));
    microphone.addEventListener("resumed", ({ detail }) => this.resumed(detail));
    await microphone.open();
    this.microphone = microphone;
    await this.save();
  }

  resumed(seconds) {
    if (seconds >= WORTH_A_MARK) this.mark(`（自动）录音中断 ${Math.round(seconds)} 秒`);
    this.emit("resumed", seconds);
  }

  // The server knows that the customer withdrew the consent: somebody wrote it down elsewhere.
  async failed(error) {
    if (error?.code !== "consent_withdrawn") {
      this.emit("failed", error);
      return;
    }
    await this.forget();
    this.emit("withdrawn");
  }

  receive(message) {
    if (message.type === "ready") {
      this.record.session = message.session;
      this.save();
    }
    if (message.type === "summary") this.end(message);
    this.emit("message", message);
  }

  // The server closed this session (its grace ran out, or it is as long as one may be). What it does not have yet, and all
  // that follows, becomes a session of its own under the same case and consent.
  async rollOver() {
    if (this.microphone === null && this.outbox.pending === 0) {
      await this.end(null);
      return;
    }
    if (this.record.session === null) {
      this.link.fail();
      return;
    }
    this.record.earlier = [...(this.record.earlier ?? []), this.record.session];
    this.record.session = null;
    this.sender.rebase();
    await this.save();
    this.emit("rolledover");
    this.link.connect();
  }

  // The case was archived or cancelled since it was picked: what is said is kept all the same, without a case.
  unlink() {
    this.record.case = null;
    this.save();
    this.emit("caseover");
  }

  async save() {
    this.record.base = this.sender.base;
    this.record.letters = this.sender.letters.map(({ message }) => message);
    await this.database.saveSession(this.record);
  }

  post(message) {
    this.sender.post(message);
    this.link.pump();
    this.save();
  }

  /** A note at this moment; returns the audio time in seconds. */
  mark(note = "") {
    const at = this.seconds;
    this.post({ type: "mark", note, at });
    return at;
  }

  feedback(promptId, verdict) {
    this.post({ type: "feedback", prompt_id: promptId, verdict });
  }

  /** Said on this line or not at all: on the next one the server asks again. */
  shown(id) {
    this.link.say({ type: "shown", id });
  }

  async silence() {
    await this.microphone?.close();
    this.microphone = null;
  }

  async stop() {
    await this.silence();
    this.record.stopped = true;
    await this.save();
    this.link.finish();
  }

  async end(summary) {
    this.over = true;
    this.summary = summary;
    this.link.close();
    await this.outbox.clear();
    this.emit("ended", summary);
  }

  /** The customer takes the consent back. From here on nothing is recorded or sent; the record stays until the server was told. */
  async withdraw() {
    await this.silence();
    await this.outbox.clear();
    await this.greeted();
    await this.forget();
    this.record.withdrawn = this.accepted;
    if (this.accepted) await this.database.saveSession(this.record);
    this.emit("withdrawn");
  }

  // A session that the server is just beginning has to be named before it can be told of.
  greeted() {
    if (this.record.session !== null || this.link.state !== "connecting") return null;
    return new Promise((resolve) => this.link.addEventListener("state", resolve, { once: true }));
  }

  async forget() {
    this.over = true;
    await this.discard();
  }

  /** Stops without the server: what it does not have is deleted from the phone. */
  async discard() {
    await this.silence();
    this.link.close();
    await this.outbox.clear();
  }

  get seconds() {
    return (this.outbox.next - this.sender.base) * PACKET_SECONDS;
  }

  /** The server has had part of it; otherwise there is nothing to come back to. */
  get accepted() {
    return this.record.session !== null || this.sender.base !== 0;
  }

  get pendingSeconds() {
    return this.outbox.pending * PACKET_SECONDS;
  }

  /** connecting | connected | catchingup | reconnecting | offline */
  get line() {
    if (this.link.state === "online") return this.outbox.pending > CATCHING_UP ? "catchingup" : "connected";
    if (!navigator.onLine || this.link.failures > 1) return "offline";
    return this.record.session ? "reconnecting" : "connecting";
  }
}

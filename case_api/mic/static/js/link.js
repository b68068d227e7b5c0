// One WebSocket after another until the conversation is over: reconnects with growing, jittered pauses, at once when the
// phone is back online, and gives up on a line which takes audio but answers nothing (a tunnel, a lift).

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const READY_MS = 10000;
const SILENCE_MS = 8000; // packets are on the line, nothing comes back: the line is dead
const SUMMARY_MS = 90000; // the server may still have utterances to write down after the last packet
const BUFFERED_BYTES = 512 * 1024;
const TICK_MS = 250;

// What is done about an error that ends the line; any other code that says "no retry" ends the conversation.
const SIGN_IN_AGAIN = new Set(["token_invalid", "token_expired"]);
const REFUSED = [4400, 4599]; // close codes of the contract; an error before any other close did not end the line
const NEW_SESSION = new Set(["session_unknown", "session_ended", "session_too_long"]);
const CASE_OVER = "case_over";

/** Events: "state" (detail: waiting | connecting | online | signin | closed), "message", "rollover", "caseover", "failed" (detail: the error). */
export class Link extends EventTarget {
  constructor(sender, hello) {
    super();
    this.sender = sender;
    this.hello = hello; // () → the hello message for the next line
    this.socket = null;
    this.state = "closed";
    this.failures = 0;
    this.heardAt = 0;
    this.progress = false; // this line has brought an acknowledgement: the next pause is short again
    this.verdict = null; // what the last error of this line asks for
    this.finishing = false;
    this.stopSent = false; // on this line
    this.retryAt = Infinity;
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.wake = () => this.hurry();
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  connect() {
    this.retryAt = Infinity;
    this.verdict = null;
    this.heardAt = performance.now();
    this.become("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/v1/stream`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.hello()));
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = ({ code }) => this.lost(code);
    this.socket = socket;
  }

  hurry() {
    if (this.state === "waiting") this.connect();
  }

  tick() {
    const now = performance.now();
    if (this.state === "waiting" && now >= this.retryAt) this.connect();
    else if (this.state === "connecting" && now - this.heardAt > READY_MS) this.abandon();
    else if (this.state === "online" && now - this.heardAt > this.patience()) this.abandon();
    else this.pump();
  }

  patience() {
    if (this.sender.inFlight) return SILENCE_MS;
    return this.stopSent ? SUMMARY_MS : Infinity;
  }

  receive(message) {
    this.heardAt = performance.now();
    if (message.type === "ready") this.opened(message);
    if (message.type === "ack") this.acknowledged(message.seq);
    if (message.type === "error") this.verdict = message;
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
    this.pump();
  }

  opened(ready) {
    if (!this.sender.open(ready.next_seq, ready.limits.window_packets)) {
      this.verdict = { code: "session_unknown" };
      this.abandon(REFUSED[0]);
      return;
    }
    this.progress = false;
    this.stopSent = false;
    this.become("online");
  }

  acknowledged(seq) {
    this.progress = true;
    this.sender.acknowledge(seq);
  }

  /** Sends what may be sent; once the server has the last packet of a finished conversation, `stop`. */
  pump() {
    if (this.state !== "online") return;
    if (!this.sender.inFlight && !this.stopSent) this.heardAt = performance.now();
    for (const frame of this.buffered() ? [] : this.sender.frames()) {
      this.socket.send(frame);
      if (this.buffered()) break;
    }
    if (this.finishing && !this.stopSent && this.sender.drained) {
      this.stopSent = true;
      this.socket.send(JSON.stringify({ type: "stop" }));
    }
  }

  /** A message that is of this line alone. */
  say(message) {
    if (this.state === "online") this.socket.send(JSON.stringify(message));
  }

  buffered() {
    return this.socket.bufferedAmount > BUFFERED_BYTES;
  }

  /** No more packets will come: say `stop` when the server has all of them. */
  finish() {
    this.finishing = true;
    this.pump();
  }

  // Does not wait for the other side to agree: on a dead line it never would.
  abandon(code = 1006) {
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.lost(code);
  }

  lost(closeCode) {
    this.sender.close();
    const refused = this.verdict && closeCode >= REFUSED[0] && closeCode <= REFUSED[1];
    const { code, retry } = refused ? this.verdict : { code: null, retry: true };
    if (SIGN_IN_AGAIN.has(code)) this.become("signin");
    else if (NEW_SESSION.has(code)) this.rollOver();
    else if (code === CASE_OVER) this.withoutCase();
    else if (!retry) this.fail();
    else this.pause();
  }

  rollOver() {
    this.retryAt = Infinity;
    this.become("waiting");
    this.dispatchEvent(new Event("rollover"));
  }

  withoutCase() {
    this.dispatchEvent(new Event("caseover"));
    this.connect();
  }

  fail() {
    this.dispatchEvent(new CustomEvent("failed", { detail: this.verdict }));
    this.close();
  }

  pause() {
    this.failures = this.progress ? 0 : this.failures + 1;
    this.progress = false;
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
    this.retryAt = performance.now() + longest * (0.5 + Math.random() / 2);
    this.become("waiting");
  }

  close() {
    clearInterval(this.ticker);
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.close(1000);
    }
    this.become("closed");
  }
}

// Decides what may go over the line now: packets in order, never beyond the server's window, messages kept until a later
// packet is acknowledged. Knows nothing of sockets.
//
// Packets are numbered twice: locally from the first sample of this phone's recording, and on the wire from the first
// sample of the server's session. They differ by `base` once the server has closed a session and the rest goes on in a new one.

export class Sender {
  constructor(outbox, { base, letters, anchored }) {
    this.outbox = outbox;
    this.base = base;
    this.anchored = anchored; // false after a reload with nothing left to send: the server says where numbering goes on
    this.cursor = 0; // next local packet to send
    this.window = 0; // zero while there is no line
    // `after` is the local packet that follows a message on the line; null until it is sent on this line.
    this.letters = letters.map((message) => ({ message, after: null }));
  }

  /** The server is ready for wire packet `nextSeq`. False: it expects one that this phone does not have. */
  open(nextSeq, window) {
    if (!this.anchored) this.base = this.outbox.first - nextSeq;
    const next = nextSeq + this.base;
    if (next < this.outbox.first || next > this.outbox.next) return false;
    this.anchored = true;
    this.outbox.acknowledge(next - 1);
    this.cursor = next;
    this.window = window;
    for (const letter of this.letters) letter.after = null;
    return true;
  }

  close() {
    this.window = 0;
  }

  /** The session goes on under a new number: its first packet is the oldest one the server does not have. */
  rebase() {
    this.base = this.outbox.first;
    this.anchored = true;
    this.close();
  }

  acknowledge(wireSeq) {
    const seq = wireSeq + this.base;
    this.outbox.acknowledge(seq);
    this.letters = this.letters.filter((letter) => letter.after === null || letter.after > seq);
  }

  post(message) {
    this.letters.push({ message, after: null });
  }

  /** Frames to send now: strings and ArrayBuffers. */
  *frames() {
    if (this.window === 0) return;
    for (const letter of this.letters) {
      if (letter.after !== null) continue;
      letter.after = this.cursor;
      yield JSON.stringify(letter.message);
    }
    while (this.cursor < this.outbox.stored && this.cursor < this.outbox.first + this.window) {
      const data = this.outbox.peek(this.cursor);
      if (data === undefined) return;
      this.cursor += 1;
      yield frame(this.cursor - 1 - this.base, data);
    }
  }

  get inFlight() {
    return this.window > 0 && this.cursor > this.outbox.first;
  }

  /** The server has everything. Sent is not enough: an end leaves out what a full disk refused on its way there. */
  get drained() {
    return this.window > 0 && this.outbox.pending === 0;
  }
}

/** 4-byte big-endian packet number, then the audio. */
function frame(seq, data) {
  const bytes = new Uint8Array(4 + data.byteLength);
  new DataView(bytes.buffer).setUint32(0, seq);
  bytes.set(new Uint8Array(data), 4);
  return bytes.buffer;
}

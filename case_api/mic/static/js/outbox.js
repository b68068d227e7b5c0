// Packets from the microphone until the server has them. With a recording they are on disk before they may be sent, so a
// reload or a crash of the page loses nothing; without one (the customer said no) they never touch the disk.

const IN_MEMORY = 1200; // packets kept ready to send; a longer backlog is read back from disk as it is needed
const TRIM_MS = 1000;

export class Outbox extends EventTarget {
  constructor(database, key, durable) {
    super();
    this.database = database;
    this.key = key;
    this.durable = durable;
    this.memory = new Map();
    this.first = 0; // oldest packet not acknowledged
    this.next = 0; // number of the next packet from the microphone
    this.stored = 0; // packets below this one may be sent
    this.unwritten = [];
    this.writing = false;
    this.loading = false;
    this.trimming = null;
  }

  /** Takes up what a page before this one left on disk. */
  async restore() {
    const span = this.durable ? await this.database.span(this.key) : null;
    if (!span) return;
    this.first = span.first;
    this.next = span.last + 1;
    this.stored = this.next;
  }

  get pending() {
    return this.next - this.first;
  }

  add(data) {
    const seq = this.next;
    this.next += 1;
    if (!this.durable || seq < this.first + IN_MEMORY) this.memory.set(seq, data);
    if (!this.durable) {
      this.stored = this.next;
      this.dispatchEvent(new Event("stored"));
      return;
    }
    this.unwritten.push({ seq, data });
    this.write();
  }

  // One transaction at a time; what arrives meanwhile goes into the next one.
  async write() {
    if (this.writing) return;
    this.writing = true;
    while (this.unwritten.length > 0) {
      const batch = this.unwritten.splice(0);
      try {
        await this.database.addPackets(this.key, batch);
      } catch {
        this.keepInMemory(batch);
      }
      this.stored = batch[batch.length - 1].seq + 1;
      this.dispatchEvent(new Event("stored"));
    }
    this.writing = false;
  }

  // The phone's disk is full or refused: the conversation goes on, but a reload would now lose what is not sent.
  keepInMemory(batch) {
    for (const { seq, data } of batch) this.memory.set(seq, data);
    this.dispatchEvent(new Event("diskfailed"));
  }

  /** The packet, or undefined while it is being read back from disk ("stored" is sent when it is there). */
  peek(seq) {
    const data = this.memory.get(seq);
    if (data === undefined && this.durable) this.load(seq);
    return data;
  }

  async load(seq) {
    if (this.loading) return;
    this.loading = true;
    const rows = await this.database.packets(this.key, seq, IN_MEMORY / 2);
    for (const row of rows) if (row.seq >= this.first) this.memory.set(row.seq, row.data);
    this.loading = false;
    if (rows.length > 0) this.dispatchEvent(new Event("stored"));
  }

  /** Everything up to and including `seq` is durable on the server. */
  acknowledge(seq) {
    for (; this.first <= seq; this.first += 1) this.memory.delete(this.first);
    if (!this.durable || this.trimming !== null) return;
    this.trimming = setTimeout(() => {
      this.trimming = null;
      this.database.removePackets(this.key, this.first - 1);
    }, TRIM_MS);
  }

  /** Nothing of this session stays on the phone. */
  async clear() {
    clearTimeout(this.trimming);
    this.unwritten.length = 0; // or the writer would put it back behind the deletion
    this.memory.clear();
    await this.database.removeSession(this.key);
  }
}

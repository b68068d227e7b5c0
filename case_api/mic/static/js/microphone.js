// The microphone: as raw as the phone gives it, as 100 ms packets of 16 kHz PCM, with a watch over interruptions.

const WATCH_MS = 500;
const STALLED_MS = 1500;
const REOPEN_MS = 3000;
const RAW = { channelCount: { ideal: 1 }, autoGainControl: false, noiseSuppression: false, echoCancellation: false };
const REASONS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", NotReadableError: "busy" };

/** `reason`: insecure | denied | missing | busy | failed. */
export class MicrophoneError extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** Events: "packet" {pcm, peak, rms}, "interrupted", "resumed" (detail: seconds without audio). */
export class Microphone extends EventTarget {
  constructor() {
    super();
    this.report = null; // what the phone says it applied; see MicReport of the wire contract
    this.context = null;
    this.stream = null;
    this.heardAt = 0;
    this.silentSince = null;
    this.reopenAt = 0;
    this.closed = false;
  }

  async open() {
    await this.acquire();
    this.heardAt = performance.now();
    this.watch = setInterval(() => this.check(), WATCH_MS);
  }

  async acquire() {
    if (!isSecureContext || !navigator.mediaDevices) throw new MicrophoneError("insecure");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: RAW });
      // Long buffers: a busy phone then drops no audio, and 100 ms packets gain nothing from short ones.
      this.context = new AudioContext({ latencyHint: "playback" });
      await this.context.audioWorklet.addModule(new URL("./capture-worklet.js", import.meta.url));
      await this.context.resume();
    } catch (error) {
      await this.release();
      throw new MicrophoneError(REASONS[error.name] ?? "failed");
    }
    const [track] = this.stream.getAudioTracks();
    this.report = reportOf(track);
    track.onmute = () => this.interrupted();
    track.onunmute = () => this.heard();
    this.node = new AudioWorkletNode(this.context, "capture", { channelCount: 1, channelCountMode: "explicit" });
    this.node.port.onmessage = ({ data }) => this.deliver(data);
    this.context.createMediaStreamSource(this.stream).connect(this.node).connect(this.context.destination);
  }

  deliver(data) {
    if (data.done) {
      this.onDone();
      return;
    }
    this.heard();
    this.dispatchEvent(new CustomEvent("packet", { detail: data }));
  }

  heard() {
    if (!this.hearing) return;
    const now = performance.now();
    if (this.silentSince !== null) {
      this.dispatchEvent(new CustomEvent("resumed", { detail: (now - this.silentSince) / 1000 }));
      this.silentSince = null;
    }
    this.heardAt = now;
  }

  // A track that is muted or has ended still delivers packets, of silence: they keep the clock of the recording right.
  get hearing() {
    const [track] = this.stream.getAudioTracks();
    return track.readyState === "live" && !track.muted;
  }

  interrupted() {
    if (this.silentSince !== null) return;
    this.silentSince = this.heardAt;
    this.dispatchEvent(new Event("interrupted"));
  }

  // A call, another app or a locked screen takes the microphone away; it is asked for again until it is back.
  async check() {
    const now = performance.now();
    if (now - this.heardAt < STALLED_MS) return;
    this.interrupted();
    if (now < this.reopenAt) return;
    this.reopenAt = Infinity; // one attempt at a time
    if (this.stream?.getAudioTracks()[0].readyState === "live") await this.context.resume();
    else await this.reopen();
    this.reopenAt = performance.now() + REOPEN_MS;
  }

  async reopen() {
    await this.release();
    await this.acquire().catch(() => {}); // still taken: the watch asks again
    if (this.closed) await this.release();
  }

  /** Delivers the last, shorter packet, then lets the microphone go. */
  async close() {
    this.closed = true;
    clearInterval(this.watch);
    if (this.context?.state === "running") {
      const done = new Promise((resolve) => (this.onDone = resolve));
      this.node.port.postMessage("finish");
      await done;
    }
    await this.release();
  }

  async release() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    if (this.context && this.context.state !== "closed") await this.context.close();
  }
}

function reportOf(track) {
  const { sampleRate, autoGainControl, noiseSuppression, echoCancellation } = track.getSettings();
  return {
    sample_rate: sampleRate ?? null,
    auto_gain_control: autoGainControl ?? null,
    noise_suppression: noiseSuppression ?? null,
    echo_cancellation: typeof echoCancellation === "boolean" ? echoCancellation : null,
    label: track.label.slice(0, 200),
  };
}

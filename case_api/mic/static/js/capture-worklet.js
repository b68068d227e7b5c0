// Runs on the audio thread: microphone blocks in, 100 ms packets of 16 kHz PCM out.

import { Resampler, toPcm16 } from "./resampler.js";

const PACKET = 1600;
const SHORTEST = 320; // 20 ms, the least the server takes

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate);
    this.packet = new Float32Array(PACKET);
    this.filled = 0;
    this.peak = 0;
    this.energy = 0;
    this.open = true;
    this.port.onmessage = () => this.finish();
  }

  process([channels]) {
    if (channels.length > 0) this.take(this.resampler.process(channels[0]));
    return this.open;
  }

  take(samples) {
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.energy += sample * sample;
      this.packet[this.filled] = sample;
      this.filled += 1;
      if (this.filled === PACKET) this.send(PACKET);
    }
  }

  send(length) {
    const pcm = toPcm16(this.packet.subarray(0, length));
    this.port.postMessage({ pcm: pcm.buffer, peak: this.peak, rms: Math.sqrt(this.energy / length) }, [pcm.buffer]);
    this.packet.fill(0);
    this.filled = 0;
    this.peak = 0;
    this.energy = 0;
  }

  // The last, shorter packet; zeros fill it up to the shortest length the server takes.
  finish() {
    if (this.filled > 0) this.send(Math.max(this.filled, SHORTEST));
    this.open = false;
    this.port.postMessage({ done: true });
  }
}

registerProcessor("capture", Capture);

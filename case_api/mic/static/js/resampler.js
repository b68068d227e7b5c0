// Streaming resampler: any input rate to 16 kHz by a polyphase, Kaiser-windowed low-pass; state is carried across blocks,
// so any split of the same audio gives the same samples.

const STOPBAND_DB = 70;
const TRANSITION = 0.125; // of the lower Nyquist frequency: flat to 7 kHz, closed at 8 kHz

function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b);
}

function bessel0(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Filter taps by phase: `phases[p][k]` weighs the input sample `k` back from the newest one needed. */
function design(up, down) {
  const lower = 1 / Math.max(up, down); // lower of the two Nyquist frequencies, in units of the upsampled one
  const cutoff = lower * (1 - TRANSITION / 2);
  const perPhase = Math.ceil((STOPBAND_DB - 7.95) / (7.18 * lower * TRANSITION) / up) | 1;
  const length = perPhase * up;
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  const middle = (length - 1) / 2;
  const phases = Array.from({ length: up }, () => new Float32Array(perPhase));
  for (let n = 0; n < length; n += 1) {
    const t = n - middle;
    const sinc = t === 0 ? cutoff : Math.sin(Math.PI * cutoff * t) / (Math.PI * t);
    const window = bessel0(beta * Math.sqrt(1 - (t / (middle + 1)) ** 2)) / bessel0(beta);
    phases[n % up][Math.floor(n / up)] = up * sinc * window;
  }
  return phases;
}

export class Resampler {
  constructor(inputRate, outputRate = 16000) {
    const divisor = gcd(inputRate, outputRate);
    this.up = outputRate / divisor;
    this.down = inputRate / divisor;
    this.phases = design(this.up, this.down);
    this.taps = this.phases[0].length;
    this.tail = new Float32Array(this.taps - 1); // the last samples of the blocks before
    this.clock = 0; // position of the next output sample, in upsampled ticks from the first sample of the next block
  }

  /** Float32Array in, Float32Array out: every output sample that this block completes. */
  process(block) {
    if (this.up === this.down) return block.slice();
    const input = new Float32Array(this.tail.length + block.length);
    input.set(this.tail);
    input.set(block, this.tail.length);
    const end = block.length * this.up;
    const output = new Float32Array(Math.max(0, Math.ceil((end - this.clock) / this.down)));
    for (let i = 0; i < output.length; i += 1) {
      const filter = this.phases[this.clock % this.up];
      let at = Math.floor(this.clock / this.up) + this.taps - 1;
      let sum = 0;
      for (let k = 0; k < filter.length; k += 1, at -= 1) sum += filter[k] * input[at];
      output[i] = sum;
      this.clock += this.down;
    }
    this.clock -= end;
    this.tail = input.slice(input.length - this.tail.length);
    return output;
  }
}

/** Float samples to 16-bit little-endian, rounded and clamped. */
export function toPcm16(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    pcm[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i] * 32768)));
  }
  return pcm;
}

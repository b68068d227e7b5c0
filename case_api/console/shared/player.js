// What every page has that plays a conversation: one clock, the recording's, and a bar to steer it by.
// Where there is no sound (any more) the clock still goes where it is sent, and lanes, curves and words are there to be read.
// Whoever mixes `player` in has a template with `bar()` and `<audio ref="audio">`, and computes `seconds`, `speeds` and the texts `t`.
export const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds)), pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return (hours ? `${hours}:${pad(Math.floor(whole / 60) % 60)}` : `${Math.floor(whole / 60)}`) + `:${pad(whole % 60)}`;
};

export const bar = (more = "") => `
  <p v-if="soundless" class="note soundless" role="status">{{ t.soundless }}</p>
  <div class="player-bar">
    <button type="button" class="button primary round" @click="toggle" :disabled="soundless" :aria-label="playing ? t.pause : t.play">
      <svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path :d="playing ? 'M8 5v14M16 5v14' : 'M8 5l11 7-11 7z'"/></svg>
    </button>
    <span class="number now">{{ clock(at) }} / {{ clock(seconds) }}</span>
    <input type="range" class="grow" min="0" :max="seconds" step="0.05" :value="at" :aria-label="t.play" @input="seek(+$event.target.value)">
    <div class="segments" role="group" :aria-label="t.speed">
      <button v-for="one in speeds" type="button" :aria-pressed="speed === one" @click="pace(one)">{{ one }}×</button>
    </div>
    ${more}
  </div>`;

export const sound = (address) =>
  `<audio ref="audio" :src="${address}" preload="metadata" @error="soundless = true" @timeupdate="moved" @play="playing = true" @pause="playing = false"></audio>`;

export const player = {
  data() {
    return { at: 0, playing: false, soundless: false, speed: 1, stop: null };
  },
  beforeUnmount() {
    cancelAnimationFrame(this.frame);
  },
  methods: {
    clock,
    toggle() {
      this.stop = null;
      if (this.playing) this.$refs.audio.pause();
      else this.start();
    },
    play(from, to = null) {
      this.seek(from);
      this.stop = to;
      this.start();
    },
    start() {
      // a browser may want a click first, and a pause may come before the sound does
      this.$refs.audio.play().then(() => this.run(), () => {});
    },
    run() {
      cancelAnimationFrame(this.frame);
      const step = () => {
        this.moved();
        if (this.playing) this.frame = requestAnimationFrame(step);
      };
      step();
    },
    moved() {
      this.at = this.$refs.audio.currentTime;
      if (this.stop !== null && this.at >= this.stop) {
        this.stop = null;
        this.$refs.audio.pause();
      }
    },
    seek(at) {
      this.stop = null;
      this.at = Math.min(Math.max(at, 0), this.seconds);
      this.$refs.audio.currentTime = this.at;
    },
    pace(speed) {
      this.speed = speed;
      this.$refs.audio.playbackRate = speed;
    },
  },
};

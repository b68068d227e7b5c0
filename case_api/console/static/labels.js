// Labels of a conversation: the recording, and every turn as a row to correct. What is wrong with them the server says.
const SPEEDS = [0.75, 1, 1.5];
const SHORTEST = 0.1;

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds)), pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return (hours ? `${hours}:${pad(Math.floor(whole / 60) % 60)}` : `${Math.floor(whole / 60)}`) + `:${pad(whole % 60)}`;
};
const tidy = (seconds) => Math.round(seconds * 100) / 100;
let names = 0;
const row = (turn) => ({ ...turn, key: ++names, words: turn.keywords.join(" ") });

export default {
  template: `
  <div class="labels">
    <audio ref="audio" :src="labels.audio" preload="metadata" @timeupdate="moved" @play="playing = true" @pause="playing = false"></audio>
    <div class="card label-head">
      <div class="player-bar">
        <button type="button" class="button primary round" @click="toggle" :aria-label="playing ? t.pause : t.play">
          <svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path :d="playing ? 'M8 5v14M16 5v14' : 'M8 5l11 7-11 7z'"/></svg>
        </button>
        <span class="number now">{{ clock(at) }} / {{ clock(labels.seconds) }}</span>
        <input type="range" class="grow" min="0" :max="labels.seconds" step="0.05" :value="at" :aria-label="t.play" @input="seek(+$event.target.value)">
        <div class="segments" role="group" :aria-label="t.speed">
          <button v-for="one in speeds" type="button" :aria-pressed="speed === one" @click="pace(one)">{{ one }}×</button>
        </div>
      </div>
      <div class="label-line" role="img" :aria-label="t.timeline" @click="pointed">
        <i v-if="onset !== null && offset !== null" class="agitation" :style="span(onset, offset)"></i>
        <i v-for="turn in turns" :key="turn.key" :class="['bar', turn.role]" :style="span(turn.start, turn.end)"></i>
        <i class="needle" :style="{left: share(at)}"></i>
      </div>
      <div class="label-fields">
        <label class="inline-field"><span>{{ t.kind }}</span>
          <select v-model="kind" @change="touch"><option v-for="[code, name] in labels.kinds" :value="code">{{ name }}</option></select>
        </label>
        <div v-for="edge in ['onset', 'offset']" class="label-edge">
          <label class="inline-field"><span>{{ t[edge] }}</span>
            <input type="number" min="0" :max="labels.seconds" step="0.05" :value="edge === 'onset' ? onset : offset" @change="bound(edge, $event.target.value)">
          </label>
          <button type="button" class="button small" @click="bound(edge, at)" :aria-label="t[edge] + ' ' + t.now">{{ t.now }}</button>
        </div>
        <button type="button" class="button small quiet" @click="bound('onset', ''); bound('offset', '')">{{ t.clear }}</button>
        <button type="button" class="button primary" @click="save">{{ t.save }}</button>
        <span v-if="dirty" class="note" role="status">{{ t.unsaved }}</span>
      </div>
      <small class="note">{{ t.kind_help }} {{ t.agitation_help }}</small>
    </div>
    <div class="card">
      <div class="card-head"><h2>{{ t.turns }} · {{ turns.length }}</h2>
        <button type="button" class="button small" @click="add">{{ t.add }}</button>
      </div>
      <p class="note">{{ t.turns_help }}</p>
      <p v-if="!turns.length" class="empty">{{ t.nothing }}</p>
      <ol class="label-turns">
        <li v-for="(turn, place) in turns" :key="turn.key" :class="['label-turn', turn.role, {current: at >= turn.start && at < turn.end}]">
          <div class="label-when">
            <button type="button" class="button small" @click="hear(turn)" :aria-label="t.play_turn + ' ' + (place + 1)">▶ {{ place + 1 }}</button>
            <select v-model="turn.role" @change="touch" :aria-label="t.role"><option v-for="[code, name] in labels.roles" :value="code">{{ name }}</option></select>
            <span v-for="edge in ['start', 'end']" class="label-edge">
              <input type="number" min="0" :max="labels.seconds" step="0.05" v-model.number="turn[edge]" @change="touch" :aria-label="t[edge]">
              <button type="button" class="button small quiet" @click="turn[edge] = tidy(at); touch()" :aria-label="t[edge] + ' ' + t.now" :title="t[edge] + ' ' + t.now"><svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path d="M12 5a7 7 0 1 0 0 14a7 7 0 0 0 0-14M12 2v6M12 16v6M2 12h6M16 12h6"/></svg></button>
            </span>
            <button type="button" class="button small quiet" :disabled="!(at > turn.start && at < turn.end)" @click="split(place)">{{ t.split }}</button>
            <button type="button" class="button small quiet-danger" @click="turns.splice(place, 1); touch()" :aria-label="t.remove + ' ' + (place + 1)">{{ t.remove }}</button>
          </div>
          <textarea rows="1" v-model="turn.text" @input="touch" :aria-label="t.text" :placeholder="t.text"></textarea>
          <input v-model="turn.words" @input="touch" :aria-label="t.keywords" :placeholder="t.keywords">
        </li>
      </ol>
    </div>
  </div>`,
  props: { labels: Object },
  data() {
    const { kind, onset, offset, turns } = this.labels;
    return { at: 0, playing: false, speed: 1, speeds: SPEEDS, stop: null, dirty: false, kind, onset, offset, turns: turns.map(row) };
  },
  computed: {
    t() { return this.labels.texts; },
  },
  mounted() {
    this.leaving = (event) => { if (this.dirty) event.preventDefault(); };
    addEventListener("beforeunload", this.leaving);
  },
  beforeUnmount() {
    removeEventListener("beforeunload", this.leaving);
    cancelAnimationFrame(this.frame);
  },
  methods: {
    clock,
    tidy,
    touch() { this.dirty = true; },
    saved() { this.dirty = false; },
    share(at) { return `${(100 * at) / this.labels.seconds}%`; },
    span(from, to) { return { left: this.share(from), width: this.share(Math.max(to - from, 0)) }; },
    toggle() {
      this.stop = null;
      if (this.playing) this.$refs.audio.pause();
      else this.$refs.audio.play().then(() => this.run());
    },
    hear(turn) {
      this.seek(turn.start);
      this.stop = turn.end;
      this.$refs.audio.play().then(() => this.run());
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
      this.$refs.audio.currentTime = at;
      this.at = at;
    },
    pace(speed) {
      this.speed = speed;
      this.$refs.audio.playbackRate = speed;
    },
    pointed(event) {
      const box = event.currentTarget.getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.labels.seconds);
    },
    bound(edge, value) {
      this[edge] = value === "" || value === null ? null : tidy(+value);
      if (this.onset !== null && this.offset !== null && this.kind === "draft") this.kind = "escalate";
      this.touch();
    },
    add() {
      const start = tidy(Math.min(this.at, this.labels.seconds - 1 > 0 ? this.labels.seconds - 1 : 0));
      this.turns.push(row({ role: "customer", start, end: tidy(Math.min(start + 1, this.labels.seconds)), text: "", keywords: [] }));
      this.sort();
      this.touch();
    },
    split(place) {
      const turn = this.turns[place], at = tidy(this.at);
      if (at - turn.start < SHORTEST || turn.end - at < SHORTEST) return;
      this.turns.splice(place + 1, 0, row({ role: turn.role, start: at, end: turn.end, text: "", keywords: [] }));
      turn.end = at;
      this.touch();
    },
    sort() { this.turns.sort((one, other) => one.start - other.start || one.end - other.end); },
    save() {
      this.sort();
      const turns = this.turns.map(({ role, start, end, text, words }) => ({ role, start: +start, end: +end, text, keywords: [...new Set(words.split(/[\s,，、;；]+/).filter(Boolean))] }));
      this.$emit("save", { kind: this.kind, onset: this.onset, offset: this.offset, turns });
    },
  },
};

// Labels of a conversation: the recording, and every turn as a row to correct. What is wrong with them the server says.
import { bar, player, sound } from "calmdesk/player.js";

const SPEEDS = [0.75, 1, 1.5];
const SHORTEST = 0.1;

const tidy = (seconds) => Math.round(seconds * 100) / 100;
let names = 0;
const row = (turn) => ({ ...turn, key: ++names, words: turn.keywords.join(" ") });

export default {
  mixins: [player],
  template: `
  <div class="labels">
    ${sound("labels.audio")}
    <div class="card label-head">
      ${bar()}
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
        <span v-if="dirty || kept" class="note" role="status">{{ dirty ? t.unsaved : t.saved }}</span>
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
            <button type="button" class="button small" @click="play(turn.start, turn.end)" :aria-label="t.play_turn + ' ' + (place + 1)">▶ {{ place + 1 }}</button>
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
    return { speeds: SPEEDS, dirty: false, kept: false, kind, onset, offset, turns: turns.map(row) };
  },
  computed: {
    t() { return this.labels.texts; },
    seconds() { return this.labels.seconds; },
  },
  mounted() {
    this.leaving = (event) => { if (this.dirty) event.preventDefault(); };
    addEventListener("beforeunload", this.leaving);
  },
  beforeUnmount() {
    removeEventListener("beforeunload", this.leaving);
  },
  methods: {
    tidy,
    touch() { this.dirty = true; },
    saved() { this.dirty = false; this.kept = true; },
    refused() { document.querySelector(".label-state").scrollIntoView({ block: "nearest" }); }, // the button to save is in sight everywhere
    share(at) { return `${(100 * at) / this.labels.seconds}%`; },
    span(from, to) { return { left: this.share(from), width: this.share(Math.max(to - from, 0)) }; },
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

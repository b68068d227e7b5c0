// What was said, line by line: found, followed while it plays, played by a click, and corrected where it stands.
// `talk`: {utterances, keywords}; `current`: id of the line that plays; `loaded`: whether the talk has come; `may`: whether lines can be
// corrected; `names`: of speakers; `t`: texts. Emits `play` (seconds), `correct` {id, version, text, speaker, reason}, `readings` (id: what
// else it may be), `restore` {id, version, on}, `history` (id). The server's answers come by `corrected(line)` and `offered({id, items})`.
import { clock } from "calmdesk/player.js";
import { Correction } from "calmdesk/correction.js";

const BEFORE = 20, FIRST = 100, MORE = 400; // sentences: above the playing one and in all that are there first; that follow at a time

export const Transcript = {
  props: { talk: Object, current: String, loaded: Boolean, may: Boolean, names: Object, t: Object },
  emits: ["play", "correct", "readings", "restore", "history"],
  components: { Correction },
  template: `
  <section>
    <div class="card-head"><h2>{{ t.transcript }}</h2>
      <label class="check small"><input type="checkbox" v-model="follow"><span>{{ t.follow }}</span></label>
    </div>
    <input type="search" class="find" v-model="wanted" :placeholder="t.find" :aria-label="t.find">
    <p v-if="undoable" class="note undo" role="status">{{ t.saved }}
      <button type="button" class="button small quiet" @click="$emit('restore', undoable)">{{ t.undo }}</button></p>
    <p v-if="!shown.length" class="empty">{{ loaded ? t.nothing : t.loading }}</p>
    <div ref="words" class="transcript" tabindex="0" role="region" :aria-label="t.transcript">
      <div v-for="said in written" :key="said.id" v-memo="[said.id === current, wanted, said.id === editing && readings, said]" class="said">
        <correction v-if="said.id === editing" :said="said" :reason="why ?? t.why_usual" :readings="readings" :names="names" :t="t"
          @save="save(said, $event)" @leave="leave(said)" />
        <template v-else>
          <button type="button" :data-id="said.id" :class="['utterance', said.speaker, {current: said.id === current, doubtful: doubtful(said)}]"
            @click="$emit('play', said.start)" @dblclick="edit(said)" @keydown.enter="entered($event, said)">
            <span class="number">{{ clock(said.start) }}</span>
            <b>{{ names[said.speaker] }}</b>
            <span class="words"><template v-for="part in parts(said)"><mark v-if="part.hit">{{ part.text }}</mark><template v-else>{{ part.text }}</template></template>
              <small v-if="doubtful(said)" class="doubt">{{ t.doubtful }}</small></span>
          </button>
          <button v-if="said.version" type="button" class="button small quiet" @click="$emit('history', said.id)"
            :aria-label="(said.corrected ? t.corrected : t.history) + ' ' + clock(said.start)">{{ said.corrected ? t.corrected : t.history }}</button>
          <button v-if="may" type="button" class="button small quiet edit" @click="edit(said)" :title="t.correct"
            :aria-label="t.correct + ' ' + clock(said.start)">✎</button>
        </template>
      </div>
    </div>
  </section>`,
  data() {
    return { rows: [0, FIRST], follow: true, wanted: "", editing: null, why: null, readings: [], fixed: {}, undoable: null };
  },
  computed: {
    heard() {
      const found = {};
      for (const hit of this.talk.keywords) (found[hit.utterance_id] ??= []).push(hit.heard);
      return found;
    },
    lines() { return this.talk.utterances.map((said) => this.fixed[said.id] ?? said); },
    shown() {
      const wanted = this.wanted.trim();
      return wanted ? this.lines.filter((said) => said.text.includes(wanted) || said.id === this.editing) : this.lines;
    },
    written() { return this.wanted.trim() ? this.shown : this.shown.slice(...this.rows); },
  },
  watch: {
    async talk() {
      const at = this.lines.findIndex((said) => said.id === this.current), first = Math.max(at - BEFORE, 0);
      this.rows = [first, first + FIRST];
      await this.$nextTick();
      if (first) this.reveal(this.current);
      this.writing = setTimeout(this.extend, 100);
    },
    current(id) {
      if (this.follow && id && !this.editing) this.reveal(id);
    },
  },
  beforeUnmount() { clearTimeout(this.writing); },
  methods: {
    clock,
    doubtful: (said) => said.doubtful && !said.corrected,
    // A few hundred sentences at a time: of two hours there are thousands, and the page is to answer meanwhile.
    extend() {
      const [from, to] = this.rows;
      if (from <= 0 && to >= this.lines.length) return;
      this.rows = [Math.max(from - MORE, 0), to + MORE];
      this.writing = setTimeout(this.extend, 50);
    },
    row(id) { return this.$refs.words?.querySelector(`[data-id="${CSS.escape(id)}"]`); },
    reveal(id) {
      const row = this.row(id), words = this.$refs.words;
      if (!row) return;
      const place = () => { words.scrollTop += row.getBoundingClientRect().top - words.getBoundingClientRect().top - words.clientHeight / 3; };
      place();
      requestAnimationFrame(place); // the rows above had a guessed height until now
    },
    entered(event, said) {
      if (!this.may || event.ctrlKey || event.metaKey) return; // it plays
      event.preventDefault();
      this.edit(said);
    },
    edit(said) {
      if (!this.may) return;
      [this.editing, this.readings] = [said.id, []];
      this.$emit("readings", said.id);
    },
    offered({ id, items }) {
      if (id === this.editing) this.readings = items;
    },
    async leave(said) {
      this.editing = null;
      await this.$nextTick();
      this.row(said.id)?.focus();
    },
    save({ id, version }, given) {
      this.why = given.reason;
      this.$emit("correct", { id, version, ...given });
    },
    corrected(now) {
      const before = this.lines.find((said) => said.id === now.id);
      this.fixed[now.id] = { ...before, ...now };
      this.undoable = now.version > before.version && !now.restored ? { id: now.id, version: before.version, on: now.version } : null;
      if (!this.editing || this.editing === now.id) this.leave(before);
    },
    // The text in pieces: terms that were heard in it, and what is looked for, are marked.
    parts(said) {
      const terms = [...(this.heard[said.id] ?? []), this.wanted.trim()];
      let parts = [{ text: said.text, hit: false }];
      for (const term of terms.filter(Boolean)) {
        parts = parts.flatMap((part) => part.hit ? [part] : part.text.split(term).flatMap((text, index) => index ? [{ text: term, hit: true }, { text, hit: false }] : [{ text, hit: false }]));
      }
      return parts.filter((part) => part.text);
    },
  },
};

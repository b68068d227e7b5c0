// Plays a conversation: lanes, curves, marks and the transcript share one clock, the recording's. Each part is a module of its own, which
// says at its top what it is given and what it tells; what is shown and asked of the server goes through here.
import { bar, clock, player, sound } from "calmdesk/player.js";
import { Comments } from "calmdesk/comments.js";
import { History } from "calmdesk/history.js";
import { Keyboard } from "calmdesk/keyboard.js";
import { tenth, Timeline } from "calmdesk/timeline.js";
import { Transcript } from "calmdesk/transcript.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const QUIET = 1.2, LEAD = 0.3; // seconds without a voice that are skipped, and what of them is left on either side
const KEYS = [["␣ / K", "toggle"], ["J / L", "ten"], ["← / →", "five"], ["1 – 5", "speed"], ["S", "skip"], ["+ / −", "zoom"], ["0", "whole"], ["[ / ]", "edges"], ["⏎", "correct"], ["?", "keys"]];

export default {
  mixins: [player],
  components: { Comments, Keyboard, LineHistory: History, Timeline, Transcript },
  template: `
  <div class="player card" :aria-busy="loaded || failed ? 'false' : 'true'">
    ${sound("session.audio")}
    <p v-if="!session.audio" class="note">{{ t.running }}</p>
    <div v-show="session.audio">${bar(`
    <label class="check small"><input type="checkbox" v-model="skip"><span>{{ t.skip }}</span></label>
    <button type="button" class="button small quiet" @click="$refs.keyboard.show()">{{ t.keys }}</button>`)}</div>
    <p v-if="failed" class="banner warn" role="alert">{{ t.failed }}
      <button type="button" class="button small" @click="load">{{ t.again }}</button></p>
    <timeline ref="timeline" :talk="talk" :pins="pins" :at="at" :playing="playing" :source="session.source" :cuts="session.cut"
      :names="session.names" :t="t" @play="play" @cut="$emit('cut', $event)" />
    <div class="player-columns">
      <transcript ref="transcript" :talk="talk" :current="current" :loaded="loaded" :may="session.correct" :names="session.names.speaker" :t="t"
        @play="play" @correct="$emit('correct', $event)" @readings="$emit('readings', $event)" @restore="$emit('restore', $event)"
        @history="$emit('history', $event)" />
      <section>
        <h2>{{ t.events }}</h2>
        <p v-if="loaded && !talk.marks.length" class="empty">{{ t.nothing }}</p>
        <div class="marks">
          <button v-for="mark in talk.marks" v-memo="[mark]" type="button" :class="['mark', mark.kind]" @click="play(mark.at)">
            <span class="number">{{ clock(mark.at) }}</span><span>{{ mark.text }}</span>
          </button>
        </div>
        <h2 v-if="session.comments">{{ t.comments }}</h2>
        <comments v-if="session.comments" :comments="session.comments" :at="at" :t="t" @go="linked" @write="comment" @withdraw="withdraw" />
      </section>
    </div>
    <line-history ref="history" :names="session.names.speaker" :may="session.correct" :t="t" @restore="$emit('restore', $event)" />
    <keyboard ref="keyboard" :acts="acts" :keys="keys" :t="t" />
  </div>`,
  props: { session: Object },
  data() {
    // frozen: Vue need not watch thousands of rows that never change
    const talk = Object.freeze({ seconds: this.session.seconds, track: null, bands: [], usual: {}, utterances: [], marks: [], keywords: [] });
    return { at: this.session.at, talk, loaded: false, failed: false, skip: false, speeds: SPEEDS, keys: KEYS };
  },
  computed: {
    t() { return this.session.texts; },
    seconds() { return this.talk.seconds; },
    pins() {
      const comments = (this.session.comments ?? []).map(({ at, text }) => ({ kind: "comment", at, text }));
      return [...this.talk.marks, ...comments];
    },
    gaps() {
      const found = [];
      let end = 0;
      for (const said of [...this.talk.utterances, { start: this.seconds, end: this.seconds }]) {
        if (said.start - end > QUIET) found.push([end ? end + LEAD : 0, said.start - (said.start < this.seconds ? LEAD : 0)]);
        end = Math.max(end, said.end);
      }
      return found;
    },
    current() {
      let found = null;
      for (const said of this.talk.utterances) if (said.start <= this.at + 0.05) found = said.id;
      return found;
    },
    acts() {
      const of = (name, ...given) => () => this.$refs.timeline[name](...given), by = (seconds) => () => this.seek(this.at + seconds);
      const speeds = SPEEDS.map((speed, place) => [place + 1, () => this.pace(speed)]);
      return {
        ...Object.fromEntries(speeds),
        " ": this.toggle,
        k: this.toggle,
        j: by(-10),
        l: by(10),
        ArrowLeft: by(-5),
        ArrowRight: by(5),
        "+": of("closer"),
        "=": of("closer"),
        "-": of("wider"),
        0: of("whole"),
        s: () => { this.skip = !this.skip; },
        ...(this.session.cut && { "[": of("edge", 0), "]": of("edge", 1) }),
      };
    },
  },
  mounted() {
    if (this.at) this.$refs.audio.currentTime = this.at;
    if (this.session.play) this.start();
    this.load();
  },
  methods: {
    // What is heard and said comes by itself: the page asked for it (preload) before this code was there.
    async load() {
      this.failed = false;
      const answer = await fetch(`${this.session.source}/talk`).catch(() => null);
      if (!answer?.ok) {
        this.failed = true;
        return;
      }
      this.talk = Object.freeze(await answer.json());
      this.loaded = true;
    },
    moved() {
      player.methods.moved.call(this);
      const gap = this.skip && this.playing && this.gaps.find(([from, to]) => this.at >= from && this.at < to - 0.1);
      if (gap) this.$refs.audio.currentTime = gap[1];
    },
    seek(at) {
      this.$refs.timeline.sought();
      player.methods.seek.call(this, at);
    },
    linked(at) {
      const address = new URL(location);
      address.searchParams.set("at", at);
      history.replaceState(history.state, "", address);
      this.play(at);
    },
    comment(text) { this.$emit("comment", { at: tenth(this.at), text, view: this.$refs.timeline.viewed }); },
    withdraw(id) { this.$emit("withdraw", { id, view: this.$refs.timeline.viewed }); },
    // called by the server
    corrected(now) {
      this.$refs.history.close();
      this.$refs.transcript.corrected(now);
    },
    told(versions) { this.$refs.history.tell(versions); },
    offered(readings) { this.$refs.transcript.offered(readings); },
  },
};

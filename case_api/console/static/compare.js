// Two conversations under each other on one axis, each with its own sound; what plays one stops the other.
import { clock } from "calmdesk/player.js";
import { LEFT, heightOf, needle, paint, placing, timing } from "calmdesk/tracks.js";

export default {
  template: `
  <div class="player card">
    <section v-for="(side, place) in sides" :key="side.id" class="compared">
      <div class="player-bar">
        <button type="button" class="button primary round" @click="toggle(place)" :aria-label="(playing === place ? t.pause : t.play) + ' ' + side.title">
          <svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path :d="playing === place ? 'M8 5v14M16 5v14' : 'M8 5l11 7-11 7z'"/></svg>
        </button>
        <h2 class="grow"><a :href="side.href">{{ side.title }}</a></h2>
        <span class="number now">{{ clock(at[place]) }} / {{ clock(side.seconds) }}</span>
      </div>
      <audio ref="audio" :src="side.audio" preload="none" @timeupdate="moved(place)" @pause="playing === place && (playing = null)"></audio>
      <canvas ref="canvas" class="tracks" :style="{height: height(side) + 'px'}" role="img" :aria-label="side.title" @click="pointed(place, $event)"></canvas>
    </section>
    <div class="legend" aria-hidden="true">
      <span v-for="(name, key) in compared.names.speaker"><i :class="'dot ' + key"></i>{{ name }}</span>
      <span v-for="(name, key) in compared.names.level"><i :class="'band ' + key"></i>{{ name }}</span>
      <span><i class="line usual"></i>{{ t.usual }}</span>
    </div>
  </div>`,
  props: { compared: Object },
  data() { return { at: [0, 0], playing: null }; },
  computed: {
    t() { return this.compared.texts; },
    sides() { return this.compared.sides; },
    views() {
      const before = Math.max(...this.sides.map((side) => side.zero));
      const after = Math.max(...this.sides.map((side) => side.seconds - side.zero));
      return this.sides.map(({ zero }) => ({ from: zero - before, to: zero + after, zero }));
    },
  },
  watch: { at: { deep: true, handler() { this.draw(); } } },
  mounted() {
    this.pictures = this.sides.map(() => document.createElement("canvas"));
    this.repaint = () => {
      this.sides.forEach((side, place) => paint(this.pictures[place], this.$refs.canvas[place], side, side.marks, this.t, this.views[place]));
      this.draw();
    };
    this.observer = new ResizeObserver(this.repaint);
    this.observer.observe(this.$el);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.repaint);
  },
  beforeUnmount() {
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.repaint);
  },
  methods: {
    clock,
    height: heightOf,
    toggle(place) {
      if (this.playing === place) this.$refs.audio[place].pause();
      else this.start(place);
    },
    start(place) {
      this.$refs.audio.forEach((audio, other) => { if (other !== place) audio.pause(); });
      this.$refs.audio[place].play().then(() => { this.playing = place; }, () => {}); // a browser may want a click first
    },
    moved(place) { this.at[place] = this.$refs.audio[place].currentTime; },
    pointed(place, event) {
      const x = event.offsetX, seconds = this.sides[place].seconds;
      if (x < LEFT) return;
      this.at[place] = Math.min(Math.max(timing(this.$refs.canvas[place].clientWidth, this.views[place])(x), 0), seconds);
      this.$refs.audio[place].currentTime = this.at[place];
      this.start(place);
    },
    draw() {
      this.sides.forEach((side, place) => {
        const canvas = this.$refs.canvas?.[place], picture = this.pictures?.[place];
        if (!canvas || !picture.width) return;
        [canvas.width, canvas.height] = [picture.width, picture.height];
        const pen = canvas.getContext("2d"), ratio = picture.width / canvas.clientWidth;
        pen.drawImage(picture, 0, 0);
        pen.scale(ratio, ratio);
        needle(pen, getComputedStyle(canvas), placing(canvas.clientWidth, this.views[place])(this.at[place]), heightOf(side));
      });
    },
  },
};

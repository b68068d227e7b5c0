// Signatures drawn on the screen: a field for each signer. Lines are points in the field's own units, whatever its size on the screen.
const NEAR = 3, POINTS = 1000, LINES = 60;
const PEN = { lineWidth: 6, lineCap: "round", lineJoin: "round", strokeStyle: "#10243f", fillStyle: "#10243f" };

export default {
  template: `
  <div class="signatures">
    <section v-for="(name, place) in names" :key="name" class="signature">
      <div class="signature-head">
        <strong>{{ name }}</strong>
        <button type="button" class="button small" :disabled="busy || !lines[place].length" @click="clear(place)" :aria-label="texts.clear + ' ' + name">{{ texts.clear }}</button>
      </div>
      <canvas ref="fields" role="img" :width="pad.width" :height="pad.height" :aria-label="texts.field + ' ' + name"
        @pointerdown.prevent="begin($event, place)" @pointermove="follow($event, place)" @pointerup="lift" @pointercancel="lift"></canvas>
    </section>
    <div class="buttons">
      <button type="button" class="button primary" :disabled="busy || missing.length > 0" @click="send">{{ texts.done }}</button>
      <span v-if="missing.length" class="note" role="status">{{ texts.missing }}{{ missing.join(" · ") }}</span>
    </div>
  </div>`,
  props: { names: Array, pad: Object, texts: Object },
  data() {
    return { lines: this.names.map(() => []), busy: false };
  },
  computed: {
    missing() { return this.names.filter((_, place) => this.ink(place) < this.pad.ink); },
  },
  mounted() {
    this.leaving = (event) => { if (!this.busy && this.lines.some((drawn) => drawn.length)) event.preventDefault(); };
    addEventListener("beforeunload", this.leaving);
  },
  beforeUnmount() {
    removeEventListener("beforeunload", this.leaving);
  },
  methods: {
    at(event) {
      const box = event.currentTarget.getBoundingClientRect();
      const within = (share, size) => Math.round(Math.min(Math.max(share, 0), 1) * size);
      return [within((event.clientX - box.left) / box.width, this.pad.width), within((event.clientY - box.top) / box.height, this.pad.height)];
    },
    begin(event, place) {
      if (this.busy || !event.isPrimary || this.lines[place].length >= LINES) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      this.drawing = event.pointerId;
      this.lines[place].push([this.at(event)]);
      this.draw(place);
    },
    follow(event, place) {
      if (event.pointerId !== this.drawing) return;
      const line = this.lines[place].at(-1), [x, y] = this.at(event), [left, top] = line.at(-1);
      if (line.length >= POINTS || Math.hypot(x - left, y - top) < NEAR) return;
      line.push([x, y]);
      this.draw(place);
    },
    lift() { this.drawing = null; },
    clear(place) {
      this.lines[place] = [];
      this.draw(place);
    },
    ink(place) {
      const long = (line) => line.slice(1).reduce((sum, [x, y], before) => sum + Math.hypot(x - line[before][0], y - line[before][1]), 0);
      return this.lines[place].reduce((sum, line) => sum + long(line), 0);
    },
    draw(place) {
      const pen = Object.assign(this.$refs.fields[place].getContext("2d"), PEN);
      pen.clearRect(0, 0, this.pad.width, this.pad.height);
      for (const line of this.lines[place]) {
        pen.beginPath();
        for (const [x, y] of line) pen.lineTo(x, y);
        pen.stroke();
      }
    },
    send() {
      this.busy = true;
      this.$emit("signed", { signatures: this.names.map((name, place) => ({ name, strokes: this.lines[place] })) });
    },
    again() { this.busy = false; },
  },
};

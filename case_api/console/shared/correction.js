// The form in which a line is corrected: its words, who said them, and why. It has the focus from when it is there.
// `said`: the line; `reason`: what the field "why" begins with; `readings`: what else the recogniser made of it (may come later);
// `names`: of speakers; `t`: texts. Emits `save` {text, speaker, reason} when something is to be changed, else `leave`.
import { clock } from "calmdesk/player.js";

export const Correction = {
  props: { said: Object, reason: String, readings: Array, names: Object, t: Object },
  emits: ["save", "leave"],
  template: `
  <form ref="form" class="correction" @submit.prevent="save" @keydown.esc.stop.prevent="$emit('leave')" @keydown.ctrl.enter.prevent="save" @keydown.meta.enter.prevent="save">
    <textarea ref="text" name="text" rows="2" maxlength="500" required v-model="text" :aria-label="t.correct + ' ' + clock(said.start)"></textarea>
    <p v-if="readings.length" class="readings"><span>{{ t.readings }}</span>
      <button v-for="one in readings" :key="one" type="button" class="button small" @click="take(one)">{{ one }}</button></p>
    <select name="speaker" v-model="speaker" :aria-label="t.lanes">
      <option v-for="(name, key) in names" :value="key">{{ name }}</option>
    </select>
    <input name="reason" minlength="2" maxlength="500" required v-model="why" :aria-label="t.why" :placeholder="t.why">
    <button type="submit" class="button small primary" aria-keyshortcuts="Control+Enter" title="Ctrl+Enter">{{ t.save }}</button>
    <button type="button" class="button small quiet" aria-keyshortcuts="Escape" title="Esc" @click="$emit('leave')">{{ t.cancel }}</button>
  </form>`,
  data() { return { text: this.said.text, speaker: this.said.speaker, why: this.reason }; },
  mounted() { this.$refs.text.focus(); },
  methods: {
    clock,
    take(reading) {
      this.text = reading;
      this.$refs.text.focus();
    },
    save() {
      if (!this.$refs.form.reportValidity()) return;
      const [text, reason] = [this.text.trim(), this.why.trim()], { speaker } = this;
      if (text === this.said.text && speaker === this.said.speaker) this.$emit("leave");
      else this.$emit("save", { text, speaker, reason });
    },
  },
};

// What keys do on a page, and the dialog that lists them. Whoever speaks to the machine, or steers it with a switch, presses keys that
// nobody meant: they can be switched off, which this browser remembers.
// `acts`: by key (a letter in lower case, else its name) what it does; `keys`: [what the list shows, name of its text]; `t`: texts.
// `show()` opens the list; so does "?".
const OFF = "calmdesk.keys-off";
const FIELDS = "input:not([type=checkbox]), textarea, select, dialog, [role=dialog]";
const PRESSED = "a, button, summary, input"; // by the space bar

export const Keyboard = {
  props: { acts: Object, keys: Array, t: Object },
  template: `
  <dialog ref="list" class="keys" :aria-label="t.keys">
    <h2>{{ t.keys }}</h2>
    <dl class="facts"><div v-for="[key, name] in keys"><dt><kbd>{{ key }}</kbd></dt><dd>{{ t['key_' + name] }}</dd></div></dl>
    <label class="check"><input type="checkbox" v-model="listening"><span>{{ t.keys_on }}</span></label>
    <form method="dialog"><button class="button">{{ t.close }}</button></form>
  </dialog>`,
  data() { return { listening: localStorage.getItem(OFF) === null }; },
  watch: {
    listening(on) {
      if (on) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "");
    },
  },
  mounted() { addEventListener("keydown", this.typed); },
  beforeUnmount() { removeEventListener("keydown", this.typed); },
  methods: {
    show() { this.$refs.list.showModal(); },
    typed(event) {
      if (!this.listening || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target.closest(FIELDS) || (event.key === " " && event.target.closest(PRESSED))) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, act = key === "?" ? this.show : this.acts[key];
      if (!act) return;
      event.preventDefault();
      act();
    },
  },
};

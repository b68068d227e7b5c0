// The versions of a line, the newest first, in a dialog. `names`: of speakers; `may`: whether an earlier one can be restored; `t`: texts.
// `tell({id, items})` opens it with what the server tells of a line, `close()` shuts it. Emits `restore` {id, version, on}.
export const History = {
  props: { names: Object, may: Boolean, t: Object },
  emits: ["restore"],
  template: `
  <dialog ref="box" class="keys history" :aria-label="t.history">
    <h2>{{ t.history }}</h2>
    <ol class="versions">
      <li v-for="(one, n) in items" :key="one.version" class="entry">
        <p><b>{{ names[one.speaker] }}</b> · {{ one.text }}</p>
        <small>{{ one.told }}</small>
        <span v-if="!n" class="tag good">{{ t.now }}</span>
        <button v-else-if="may" type="button" class="button small" @click="$emit('restore', {id, version: one.version, on: items[0].version})">{{ t.restore }}</button>
      </li>
    </ol>
    <form method="dialog"><button class="button">{{ t.close }}</button></form>
  </dialog>`,
  data() { return { id: null, items: [] }; },
  methods: {
    tell({ id, items }) {
      Object.assign(this, { id, items });
      if (!this.$refs.box.open) this.$refs.box.showModal();
    },
    close() { this.$refs.box.close(); },
  },
};

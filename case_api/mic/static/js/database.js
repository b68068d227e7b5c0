// IndexedDB: the sessions that are not finished and their packets that the server has not acknowledged yet.

const NAME = "calmdesk-mic";

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

export class Database {
  static async open() {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("sessions", { keyPath: "key" });
      request.result.createObjectStore("packets", { keyPath: ["key", "seq"] });
    };
    navigator.storage?.persist?.(); // asks the browser not to clear unsent audio when the phone runs low on space
    return new Database(await settled(request));
  }

  constructor(handle) {
    this.handle = handle;
  }

  sessions() {
    return settled(this.handle.transaction("sessions").objectStore("sessions").getAll());
  }

  async saveSession(record) {
    const transaction = this.handle.transaction("sessions", "readwrite");
    transaction.objectStore("sessions").put(record);
    await committed(transaction);
  }

  async removeSession(key) {
    const transaction = this.handle.transaction(["sessions", "packets"], "readwrite");
    transaction.objectStore("sessions").delete(key);
    transaction.objectStore("packets").delete(IDBKeyRange.bound([key], [key, []]));
    await committed(transaction);
  }

  /** Stores `[{seq, data}]` in one transaction; resolves when it is on disk. */
  async addPackets(key, packets) {
    const transaction = this.handle.transaction("packets", "readwrite");
    const store = transaction.objectStore("packets");
    for (const { seq, data } of packets) store.put({ key, seq, data });
    await committed(transaction);
  }

  async packets(key, first, count) {
    const range = IDBKeyRange.bound([key, first], [key, []]);
    return settled(this.handle.transaction("packets").objectStore("packets").getAll(range, count));
  }

  async removePackets(key, upTo) {
    const transaction = this.handle.transaction("packets", "readwrite");
    transaction.objectStore("packets").delete(IDBKeyRange.bound([key], [key, upTo]));
    await committed(transaction);
  }

  /** First and last packet number kept for a session, or null where none is. */
  async span(key) {
    const store = this.handle.transaction("packets").objectStore("packets");
    const range = IDBKeyRange.bound([key], [key, []]);
    const [first, last] = await Promise.all(["next", "prev"].map((way) => settled(store.openKeyCursor(range, way))));
    return first && last ? { first: first.key[1], last: last.key[1] } : null;
  }
}

// 16 kHz mono PCM16 packets as one WAV file.

const RATE = 16000;

export function wavFile(packets) {
  const bytes = packets.reduce((sum, packet) => sum + packet.byteLength, 0);
  const view = new DataView(new ArrayBuffer(44));
  const tag = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  tag(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, bytes, true);
  return new Blob([view, ...packets], { type: "audio/wav" });
}

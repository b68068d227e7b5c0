// Draws a conversation over time: state bands, lanes of speakers, curves over what is usual, and what happened.
// A `view` says which seconds are shown ({from, to}) and which of them is called 0:00 (`zero`).
import { clock } from "calmdesk/player.js";

export const LEFT = 64;
const FOOT = 22, SPACE = 8;
const LANES = ["customer", "staff", "unsure"];
const ROWS = { lanes: 54, loudness: 56, rate: 40, pitch: 40, marks: 56 };
const CURVES = { loudness: "loudness_momentary", rate: "rate", pitch: "pitch" };
const BANDS = { calm: "accent-soft", rising: "amber-soft", agitated: "red-soft" };
const WHO = { customer: "warm", staff: "accent", unsure: "soft" };
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const MARK_LANES = { prompt: 0, withheld: 0, keyword: 1, moment: 2, mark: 3, hint: 3, comment: 3 };

// While the track is still on its way (null) there is room for all of it.
export const rowsOf = ({ track }) => ["lanes", ...Object.keys(CURVES).filter((name) => !track || track.columns[CURVES[name]]), "marks"];
export const heightOf = (session) => FOOT + rowsOf(session).reduce((sum, row) => sum + ROWS[row] + SPACE, 0);
export const placing = (width, { from, to }) => (at) => LEFT + ((at - from) / (to - from)) * (width - LEFT);
export const timing = (width, { from, to }) => (x) => from + ((x - LEFT) / (width - LEFT)) * (to - from);

// Everything but the needle, onto a canvas that may be out of sight; `shown` is the one whose colours and size it takes.
// `detail` is a finer track of the seconds {from, to}, where there is one.
export function paint(canvas, shown, session, marks, names, view, detail = null) {
  const style = getComputedStyle(shown), ratio = devicePixelRatio || 1, width = shown.clientWidth, height = heightOf(session);
  const colours = new Map();
  const colour = (name) => {
    if (!colours.has(name)) colours.set(name, style.getPropertyValue(`--${name}`).trim());
    return colours.get(name);
  };
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = `12px ${style.fontFamily}`;
  pen.textBaseline = "middle";
  const x = placing(width, view), sheet = { pen, x, colour, width, height, view, detail };
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, 0, width - LEFT, height);
  pen.clip();
  drawBands(sheet, session);
  const tops = [];
  let top = 4;
  for (const row of rowsOf(session)) {
    tops.push([row, top]);
    if (row === "lanes") drawLanes(sheet, session, top);
    else if (row === "marks") drawMarks(sheet, marks, top);
    else if (session.track) drawCurve(sheet, session, row, top);
    top += ROWS[row] + SPACE;
  }
  pen.restore();
  pen.fillStyle = colour("soft");
  for (const [row, at] of tops) pen.fillText(names[row], 0, at + ROWS[row] / 2);
  drawAxis(sheet);
}

export function needle(pen, style, x, height) {
  pen.fillStyle = style.getPropertyValue("--ink").trim();
  pen.fillRect(x - 0.75, 0, 1.5, height - FOOT + 4);
}

const inView = ({ view }, start, end) => start <= view.to && end >= view.from;

function drawBands(sheet, session) {
  const { pen, x, colour, height } = sheet;
  for (const band of session.bands) {
    if (!BANDS[band.level] || !inView(sheet, band.start, band.end)) continue;
    pen.fillStyle = colour(BANDS[band.level]);
    pen.fillRect(x(band.start), 0, Math.max(x(band.end) - x(band.start), 1), height - FOOT + 4);
  }
}

function drawLanes(sheet, session, top) {
  const { pen, x, colour } = sheet;
  for (const said of session.utterances) {
    if (!inView(sheet, said.start, said.end)) continue;
    const left = x(said.start), wide = Math.max(x(said.end) - left, 2), from = top + LANES.indexOf(said.speaker) * 18;
    pen.fillStyle = colour(WHO[said.speaker]);
    if (wide < 6) { // too narrow for corners, and of two hours there are thousands
      pen.fillRect(left, from, wide, 14);
      continue;
    }
    pen.beginPath();
    pen.roundRect(left, from, wide, 14, 3);
    pen.fill();
  }
}

const scales = new WeakMap();

// From where to where a curve is drawn, and its median: of the whole conversation, whatever part of it is shown.
function scaleOf(values) {
  if (!scales.has(values)) {
    const known = values.filter((value) => value !== null).sort((a, b) => a - b), low = known[Math.floor(known.length * 0.03)];
    const high = Math.max(known[Math.ceil(known.length * 0.985) - 1], low + 1);
    scales.set(values, known.length ? { low, high, median: known[Math.floor(known.length / 2)] } : null);
  }
  return scales.get(values);
}

function drawCurve(sheet, session, name, top) {
  const column = CURVES[name], height = ROWS[name], scale = scaleOf(session.track.columns[column]);
  if (!scale) return;
  const share = (value) => (Math.min(Math.max(value, scale.low), scale.high) - scale.low) / (scale.high - scale.low);
  const mirrored = name === "loudness"; // it looks like the wave it stands for
  const y = (value) => top + (height - share(value) * height) / (mirrored ? 2 : 1);
  sheet.pen.fillStyle = sheet.pen.strokeStyle = sheet.colour("blue");
  for (const [track, from, to] of pieces(sheet, session.track)) {
    if (!track.columns[column]) continue;
    const part = partOf(track, column, from, to, sheet.x);
    if (mirrored) drawWave(sheet.pen, part, y, (value) => share(value) * height);
    else drawLine(sheet.pen, part, y);
  }
  drawUsual(sheet, session.usual[name] ?? [], scale.median, session.seconds, y);
}

// The finer track where there is one, the whole one on either side of it.
function pieces({ view, detail }, track) {
  if (!detail || detail.step >= track.step || detail.from >= view.to || detail.to <= view.from) return [[track, view.from, view.to]];
  const parts = [[track, view.from, detail.from], [detail, Math.max(view.from, detail.from), Math.min(view.to, detail.to)], [track, detail.to, view.to]];
  return parts.filter(([, from, to]) => to > from);
}

// [x, value, lowest, highest] of each step that begins between `from` and `to` (and of one on either side), and how wide a step is.
function partOf({ start, step, columns, low, high }, column, from, to, x) {
  const values = columns[column], lows = low?.[column] ?? values, highs = high?.[column] ?? values, points = [];
  const first = Math.max(Math.floor((from - start) / step), 0), last = Math.min(Math.ceil((to - start) / step), values.length - 1);
  for (let index = first; index <= last; index++) points.push([x(start + index * step), values[index], lows[index], highs[index]]);
  return { points, wide: Math.max(x(start + step) - x(start) - 0.4, 0.8), spread: values !== lows };
}

function drawWave(pen, { points, wide, spread }, y, heightOf) {
  for (const [alpha, which] of spread ? [[0.35, 3], [1, 1]] : [[1, 1]]) {
    pen.globalAlpha = alpha;
    for (const point of points) if (point[1] !== null) pen.fillRect(point[0], y(point[which]), wide, Math.max(heightOf(point[which]), 1));
  }
  pen.globalAlpha = 1;
}

function drawLine(pen, { points, wide, spread }, y) {
  if (spread) {
    pen.globalAlpha = 0.25;
    for (const [x, value, low, high] of points) if (value !== null) pen.fillRect(x - wide / 2, y(high), wide, Math.max(y(low) - y(high), 1));
    pen.globalAlpha = 1;
  }
  pen.lineWidth = 1.4;
  pen.beginPath();
  let down = false;
  for (const [x, value] of points) {
    if (value !== null && down) pen.lineTo(x, y(value));
    else if (value !== null) pen.moveTo(x, y(value));
    down = value !== null;
  }
  pen.stroke();
  pen.lineWidth = 1;
}

// What is usual for this customer as the ear had it at the time; before it knew, or where it did not say, the conversation's median.
function drawUsual({ pen, x, colour }, steps, median, seconds, y) {
  const places = steps.length ? steps : [[0, median]];
  pen.strokeStyle = colour("soft");
  pen.setLineDash([4, 4]);
  pen.beginPath();
  places.forEach(([at, value], index) => {
    if (index) pen.lineTo(x(at), y(places[index - 1][1])); else pen.moveTo(x(at), y(value));
    pen.lineTo(x(at), y(value));
  });
  pen.lineTo(x(seconds), y(places.at(-1)[1]));
  pen.stroke();
  pen.setLineDash([]);
}

function drawMarks(sheet, marks, top) {
  for (const mark of marks) {
    if (!inView(sheet, mark.at - (mark.seconds ?? 0), mark.at)) continue;
    const [group, kind] = mark.kind.split(" ");
    SHAPES[group](sheet, sheet.x(mark.at), top + 7 + MARK_LANES[group] * 14, mark, kind);
  }
}

const polygon = ({ pen }, fill, points) => {
  pen.fillStyle = fill;
  pen.beginPath();
  points.forEach((point, index) => index ? pen.lineTo(...point) : pen.moveTo(...point));
  pen.fill();
};

const SHAPES = {
  prompt: (sheet, x, y) => polygon(sheet, sheet.colour("accent"), [[x, y - 5], [x + 5, y + 4], [x - 5, y + 4]]),
  withheld({ pen, colour }, x, y) {
    pen.strokeStyle = colour("soft");
    pen.beginPath();
    pen.moveTo(x, y - 5);
    pen.lineTo(x + 5, y + 4);
    pen.lineTo(x - 5, y + 4);
    pen.closePath();
    pen.stroke();
  },
  mark: (sheet, x, y) => polygon(sheet, sheet.colour("blue"), [[x, y - 5], [x + 5, y], [x, y + 5], [x - 5, y]]),
  hint: (sheet, x, y) => polygon(sheet, sheet.colour("blue"), [[x - 5, y - 4], [x + 5, y - 4], [x, y + 5]]),
  comment: (sheet, x, y) => polygon(sheet, sheet.colour("amber"), [[x - 4, y - 4], [x + 4, y - 4], [x + 4, y + 4], [x - 4, y + 4]]),
  keyword({ pen, colour }, x, y) {
    pen.fillStyle = colour("warm");
    pen.beginPath();
    pen.arc(x, y, 3.5, 0, 7);
    pen.fill();
  },
  moment(sheet, x, y, mark, kind) {
    const { pen, colour } = sheet;
    if (kind === "calmed") return polygon(sheet, colour("accent"), [[x - 5, y - 4], [x + 5, y - 4], [x, y + 5]]);
    if (kind === "silence") {
      const begin = sheet.x(mark.at - (mark.seconds ?? 0));
      pen.fillStyle = colour("soft");
      pen.fillRect(begin, y - 1.5, Math.max(x - begin, 3), 3);
      return;
    }
    pen.strokeStyle = colour(WHO[mark.by] ?? "soft");
    pen.lineWidth = 2;
    pen.beginPath();
    for (const side of [1, -1]) {
      pen.moveTo(x - 3.5, y - 3.5 * side);
      pen.lineTo(x + 3.5, y + 3.5 * side);
    }
    pen.stroke();
    pen.lineWidth = 1;
  },
};

function drawAxis({ pen, x, colour, width, height, view }) {
  const { from, to, zero = 0 } = view;
  const step = STEPS.find((one) => ((width - LEFT) * one) / (to - from) > 62) ?? 7200;
  pen.fillStyle = colour("soft");
  pen.textAlign = "center";
  for (let at = Math.ceil((from - zero) / step) * step; at + zero <= to; at += step) {
    const text = (at < 0 ? "−" : "") + clock(Math.abs(at)), half = pen.measureText(text).width / 2;
    pen.fillText(text, Math.min(Math.max(x(at + zero), LEFT + half), width - half), height - 8);
  }
  pen.textAlign = "start";
}

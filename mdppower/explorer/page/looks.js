// How numbers and cells look: colours, ink that can be read on them, numbers as text; then a cell, its arrow and its sign.

import { isCell, nameOf } from "./state.js";

const VIRIDIS = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142], [33, 145, 140],
  [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];
const PUOR = [
  [127, 59, 8], [179, 88, 6], [224, 130, 20], [253, 184, 99], [254, 224, 182], [247, 247, 247],
  [216, 218, 235], [178, 171, 210], [128, 115, 172], [84, 39, 136], [45, 0, 75],
];

function along(colours, t) {
  const place = Math.min(Math.max(t, 0), 1) * (colours.length - 1);
  const [first, part] = [Math.min(Math.floor(place), colours.length - 2), place - Math.floor(place)];
  const share = place === colours.length - 1 ? 1 : part;
  return colours[first].map((level, i) => Math.round(level + share * (colours[first + 1][i] - level)));
}

const css = (rgb) => `rgb(${rgb.join(", ")})`;

/** Colour of t in [0, 1]; lighter is more, in grey as well. */
export const viridis = (t) => css(along(VIRIDIS, t));

/** Colour of t in [−1, 1]: brown below 0, purple above. */
export const diverging = (t) => css(along(PUOR, (t + 1) / 2));

/**
 * How the numbers of a message are coloured: least, most and colour(value, cell); all rates of a sweep alike.
 * whole: of POWER, from 0 to 1 and not from its least to its greatest.
 */
export function coloursOf(message, rate, whole) {
  let [least, most] = [Infinity, -Infinity];
  message?.mean.flat().filter((mean) => mean !== null).forEach((mean) => {
    [least, most] = [Math.min(least, mean), Math.max(most, mean)];
  });
  if (message?.view === "difference") {
    most = Math.max(-least, most, 0);
    const strength = (cell) => (message.verdict[rate][cell] === "open" ? 0.3 : 1);  // what is not told is faint
    const share = (value, cell) => (most > 1e-9 ? value / most * strength(cell) : 0);
    return { least: -most, most, same: !(most > 1e-9), colour: (value, cell) => diverging(share(value, cell)) };
  }
  if (message?.view === "optimality" || whole) {
    [least, most] = [0, 1];
  }
  // What differs by rounding only is not painted as if it differed.
  const same = !(most - least > 1e-7 * Math.max(1, Math.abs(most)));
  return { least, most, same, colour: (value) => viridis(same ? 0.5 : (value - least) / (most - least)) };
}

/** Black or white, whichever contrasts more; that is at least 4.58 : 1 on any colour. */
export function ink(colour) {
  const [red, green, blue] = colour.match(/\d+/g).map(Number)
    .map((level) => (level / 255 <= 0.04045 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4));
  const level = 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  return 1.05 / level > level / 0.05 ? "#fff" : "#000";
}

/** A number with so many decimals, without a zero before the point. */
export function decimal(value, decimals) {
  if (value === null || value === undefined) {
    return "–";
  }
  const size = Math.abs(value);
  const text = size === 0 && decimals >= 9 ? "0"
    : size >= 1e7 || decimals > 12 ? size.toExponential(2) : size.toFixed(decimals).replace(/^0\./, ".");
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** Decimals that show two digits of an error; four where there is none. */
export function decimals(half) {
  return half > 0 && isFinite(half) ? Math.min(Math.max(1 - Math.floor(Math.log10(half)), 0), 9) : 4;
}

/** ".8712 ± .0021": as many decimals as the error has two digits. */
export function show(mean, half) {
  if (half === null || half === undefined) {
    return decimal(mean, 4);
  }
  const error = half === 0 ? "0" : half < 1e-9 ? half.toExponential(0) : decimal(half, decimals(half));
  return `${decimal(mean, decimals(half))} ± ${error}`;
}

/** The limits of an interval: around its number, but where those are uneven; null where they are not known. */
export function limitsOf(message, key, rate, i) {
  const [middle, by] = [message.mean[rate][i], message[key][rate][i]];
  const uneven = message.uneven?.[key].find(([g, s]) => g === rate && s === i);
  if (uneven) {
    return [uneven[2] ?? -Infinity, uneven[3] ?? Infinity];
  }
  const endless = by === null && message.stderr?.[rate][i] === 0;  // draws that are all alike, of what has no bounds
  return middle === null || (by === null && !endless) ? null : [middle - (by ?? Infinity), middle + (by ?? Infinity)];
}

/** What may be said of several numbers together: of all cells, at one rate or at all of them. */
export const together = (message) => (message?.gamma.length > 1 ? "all cells and rates at once" : "all cells at once");

/** A number that fits into a cell; a small one as 2e−5, for .000 would say that it is nothing. */
export function short(value) {
  const size = Math.abs(value);
  if (size < 5e-4) {
    return size < 1e-9 ? "0" : `${value < 0 ? "−" : ""}${size.toExponential(0).replace("-", "−")}`;
  }
  return decimal(value, [1, 10, 100].reduce((left, size) => left - (Math.abs(value) >= size), 3));
}

// A cell.

export const UNIT = 48;
/** From so many pixels of a cell on its number can be read, and its arrow. */
export const READABLE = 40;
export const ROOMY = 17;
const SVG = "http://www.w3.org/2000/svg";
const MIDDLE = UNIT / 2;
const WAYS = { "^": [-1, 0], ">": [0, 1], "v": [1, 0], "<": [0, -1] };
const VERDICTS = { more: "+", less: "−", same: "=", open: "?" };
const KINDS = { power: "POWER", difference: "change of POWER", optimality: "likeliest action optimal" };
const NO_NUMBER = "#d5d7de";

/** An element of SVG. */
export function node(name, attributes = {}, parent = null) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  parent?.append(made);
  return made;
}

/** Set only what changes: on 64 × 64 cells most of a redraw is attributes that stay. */
export function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null) {
      element.removeAttribute(key);
    } else if (element.getAttribute(key) !== String(value)) {
      element.setAttribute(key, value);
    }
  }
}

/** The hatching of walls. */
export function hatch(defs) {
  const pattern = node("pattern", { id: "wall", width: 8, height: 8, patternUnits: "userSpaceOnUse" }, defs);
  node("rect", { width: 8, height: 8, fill: "#3b3b42" }, pattern);
  node("path", { d: "M-2 2L2 -2M0 8L8 0M6 10L10 6", stroke: "#7d7d88", "stroke-width": 1.6 }, pattern);
}

/** Points from a centre, along a direction and aside of it. */
function compass([down, right], x, y) {
  const norm = Math.hypot(down, right);
  const [u, v] = [right / norm, down / norm];
  return (along, aside) => `${(x + u * along - v * aside).toFixed(1)} ${(y + v * along + u * aside).toFixed(1)}`;
}

/** An arrow of that displacement; a ring for none. */
function arrowPath(way, x, y, size) {
  if (!way[0] && !way[1]) {
    const r = size / 5;
    return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  }
  const at = compass(way, x, y);
  const [tip, wing] = [size / 2, size / 3.2];
  return `M${at(-tip, 0)}L${at(tip, 0)}M${at(tip / 3, -wing)}L${at(tip, 0)}L${at(tip / 3, wing)}`;
}

/** A triangle at the side by which a one-way cell is left. */
function wayPath(way) {
  const at = compass(way, MIDDLE, MIDDLE);
  return `M${at(23, 0)}L${at(18, -6)}L${at(18, 6)}z`;
}

/** A part of a cell, made when it is first needed, and hidden while it is not. */
function part(entry, name, tag, attributes, text) {
  if (!attributes) {
    entry.parts[name]?.setAttribute("display", "none");
    return;
  }
  const made = entry.parts[name] ??= node(tag, { "pointer-events": "none" }, entry.cell);
  set(made, { display: null, ...attributes });
  if (text !== undefined && made.textContent !== text) {
    made.textContent = text;
  }
}

/** Paint a cell; what is too small to be read at its size in pixels is left out. */
export function paintCell(entry, glyph, number, colour, { numbers, arrows, step, pick, fresh, actions }) {
  const floor = isCell(glyph);
  const has = number !== null && number.mean !== null && number.mean !== undefined;
  const fill = floor ? (has ? colour : NO_NUMBER) : glyph === "#" ? "url(#wall)" : "transparent";
  const blank = glyph === " ";
  set(entry.rect, { fill, stroke: blank ? "#85858f" : null, "stroke-dasharray": blank ? "2 5" : null });
  const dark = floor ? ink(has ? colour : NO_NUMBER) : "#fff";
  const roomy = step >= ROOMY;

  const told = has && numbers && step >= READABLE;
  const digits = told ? short(number.mean) : "";
  const under = glyph === "v" ? 35.5 : 39.5;  // the triangle of a way south is below it
  part(entry, "number", "text", told && { x: MIDDLE, y: under, "font-size": 12.5, fill: dark }, digits);
  const sign = floor && glyph !== "." && !(glyph in WAYS) ? glyph : undefined;
  const [x, y] = [MIDDLE + (told && sign ? 4 : 0), told ? (glyph === "^" ? 21 : glyph === "v" ? 16 : 18) : MIDDLE];

  const arrow = arrows && roomy && has ? number.arrow : "";
  const way = arrow && arrow !== "=" ? actions?.[arrow] ?? (arrow === "stay" ? [0, 0] : null) : null;
  const sure = number?.sure !== false;
  part(entry, "arrow", "path", way && {
    d: arrowPath(way, x, y, told ? 17 : 24), fill: arrow === "stay" && sure ? dark : "none", stroke: dark,
    "stroke-width": sure ? 2.6 : 1, "stroke-dasharray": sure ? null : "2 2.4",
  });
  part(entry, "doubt", "text", way && !sure && { x: 41, y: y - 3, "font-size": 13, fill: dark }, "?");
  const equal = arrow === "=" ? (sure ? "=" : "?") : "";
  const word = !roomy ? "" : !has ? (fresh ? "new" : "") : VERDICTS[number.verdict] ?? equal;
  part(entry, "word", "text", word && { x, y: y + 7, "font-size": word[1] ? 15 : 20, fill: dark }, word);

  part(entry, "sign", "text", sign && {
    x: roomy ? 11 : MIDDLE, y: roomy ? 18 : 36, "font-size": roomy ? 16 : 36, "font-weight": 700, fill: dark,
    "font-style": "normal",
  }, sign);
  part(entry, "way", "path", WAYS[glyph] && { d: wayPath(WAYS[glyph]), fill: dark });
  part(entry, "frame", "rect", (glyph === "*" || glyph === "~") && {
    x: 3.5, y: 3.5, width: 41, height: 41, rx: glyph === "*" ? 1.5 : 9, fill: "none", stroke: dark,
    "stroke-width": 1.5, "stroke-dasharray": glyph === "~" ? "3 3.5" : null,
  });
  part(entry, "pick", "rect", pick && {
    x: 3, y: 3, width: 42, height: 42, rx: 4, fill: "none", stroke: dark, "stroke-width": 2.4,
    "stroke-dasharray": "6 4",
  });
}

/** "NE" as "northeast". */
export const wayWords = (action) =>
  action.replace(/[NESW]/g, (way) => ({ N: "north", E: "east", S: "south", W: "west" })[way]);

/** What the arrow of a cell says. */
export function arrowWords(arrow, sure) {
  if (!arrow || arrow === "=") {
    return !arrow ? "only one action" : sure !== false ? "all actions are equal" : "no action is told from another";
  }
  return sure !== false ? wayWords(arrow) : `${wayWords(arrow)}? not told from some others`;
}

/** "row 2, column 3, floor: POWER .8712 ± .0021 (95 %, all cells at once), east": what a cell is called. */
export function cellName(row, column, glyph, number, view, all) {
  const name = `row ${row}, column ${column}, ${nameOf(glyph)}`;
  if (!number || number.mean === null || number.mean === undefined) {
    return name;
  }
  const arrow = number.arrow ? `, ${arrowWords(number.arrow, number.sure)}` : "";
  const verdict = number.verdict ? `, ${number.verdict}` : "";
  const half = number.verdict === "same" ? 0 : number.joint;
  const error = typeof half === "number" ? ` (95 %, ${all})` : ", its ± not known";
  return `${name}: ${KINDS[view]} ${show(number.mean, half)}${error}${verdict}${arrow}`;
}

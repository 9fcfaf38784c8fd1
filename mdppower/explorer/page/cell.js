// What one cell looks like and is called: its colour, its number, its arrow, its sign.

import { ink, short, show } from "./scale.js";
import { isCell, nameOf } from "./state.js";

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
export function cellName(row, column, glyph, number, view) {
  const name = `row ${row}, column ${column}, ${nameOf(glyph)}`;
  if (!number || number.mean === null || number.mean === undefined) {
    return name;
  }
  const arrow = number.arrow ? `, ${arrowWords(number.arrow, number.sure)}` : "";
  const verdict = number.verdict ? `, ${number.verdict}` : "";
  const shown = show(number.mean, number.verdict === "same" ? 0 : number.joint);
  return `${name}: ${KINDS[view]} ${shown} (95 %, all cells at once)${verdict}${arrow}`;
}

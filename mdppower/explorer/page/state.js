// What is asked, in one object, and the ways it changes. Nothing here knows the page.

const MAZE = ".......\n.##.###\n....###\n.##....\n.##.##.\n.##....\n....##.";

export const WORLD = Object.freeze({
  map: MAZE, slip: 0, bias: Object.freeze({}), moves: "NESW", stay: true, blocked: "stay", wrap: false,
});
export const DEFAULT = Object.freeze({
  world: WORLD, gamma: 0.9, rewards: Object.freeze({ default: "uniform", marks: Object.freeze({}) }),
  draws: 4096, seed: 0, sampler: "latin", view: "power", pinned: null, pair: null,
  selected: null, chosen: Object.freeze([]),
});

export const MOST = 64;
export const COMPASS = Object.freeze(["N", "E", "S", "W"]);
const STEPS = [...COMPASS, "NE", "SE", "SW", "NW", "stay"];
const LETTER = /^[a-uw-zA-Z]$/;
const MARK = /^[a-uw-zA-Z*~]$/;

const NAMES = {
  ".": "floor", "#": "wall", " ": "no cell", "*": "exit", "~": "pit",
  "^": "one-way north", ">": "one-way east", "v": "one-way south", "<": "one-way west",
};

/** What a glyph is called. */
export const nameOf = (glyph) => NAMES[glyph] ?? (LETTER.test(glyph) ? `mark ${glyph}` : `unknown glyph ${glyph}`);
export const isLetter = (glyph) => LETTER.test(glyph);
export const isCell = (glyph) => glyph !== "#" && glyph !== " " && glyph !== undefined;
export const isKnown = (glyph) => glyph in NAMES || LETTER.test(glyph);

export const rowsOf = (world) => world.map.split("\n");
export const glyphAt = (world, row, column) => rowsOf(world)[row]?.[column];

const OPTIONS = {
  slip: "slip", bias: "bias", moves: "moves", stay: "staying", blocked: "blocked steps", wrap: "wrapped edges",
};

/** What two worlds differ in but for their maps, in words. */
export const optionsApart = (one, other) => Object.keys(OPTIONS)
  .filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key])).map((key) => OPTIONS[key]);

/** What changes when another world is opened, with its own options and laws of its marks only; what that resets. */
export function opened({ world: before, rewards }, world) {
  const laws = Object.entries(rewards.marks);
  const kept = laws.filter(([mark]) => marksOf(world).includes(mark));
  const reset = [...optionsApart(before, world), ...(kept.length < laws.length ? ["laws of marks"] : [])];
  return { part: { world, rewards: { ...rewards, marks: Object.fromEntries(kept) } }, reset };
}

/** Whether two maps have as many rows and columns. */
export function sameShape(one, other) {
  const [a, b] = [one, other].map((map) => map.split("\n"));
  return a.length === b.length && a[0].length === b[0].length;
}

/** The marks on a map, each once, in order: letters, then exits and pits. */
export function marksOf(world) {
  const found = new Set([...world.map].filter((glyph) => MARK.test(glyph)));
  return [...found].sort((a, b) => isLetter(b) - isLetter(a) || (a < b ? -1 : 1));
}

/** The world with another glyph in one cell; the same object if it is there already. */
export function paint(world, row, column, glyph) {
  const rows = rowsOf(world);
  if (rows[row]?.[column] === undefined || rows[row][column] === glyph) {
    return world;
  }
  rows[row] = rows[row].slice(0, column) + glyph + rows[row].slice(column + 1);
  return { ...world, map: rows.join("\n") };
}

/** The world cut or filled up with floor, to the right and below. */
export function resize(world, rows, columns) {
  const old = rowsOf(world);
  const made = [...Array(rows).keys()].map((row) => (old[row] ?? "").padEnd(columns, ".").slice(0, columns));
  return { ...world, map: made.join("\n") };
}

/** A text map without comments and margins, as a rectangle; what is not drawn is no cell. */
export function readMap(text) {
  const lines = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n").split("\n");
  const top = lines.findIndex((line) => line.trim() && !line.trimStart().startsWith(";"));
  const drawn = top < 0 ? [] : lines.slice(top).map((line) => line.replace(/ +$/, ""));
  while (drawn.length && !drawn.at(-1)) {
    drawn.pop();
  }
  if (!drawn.length) {
    return { map: null, problem: "the file has no map in it: . is floor, # a wall" };
  }
  const margin = Math.min(...drawn.filter(Boolean).map((line) => line.length - line.trimStart().length));
  const glyphs = drawn.map((line) => [...line.slice(margin)].map((glyph) => (glyph[1] ? "\uFFFD" : glyph)));
  const width = Math.max(...glyphs.map((row) => row.length));
  for (const [row, line] of glyphs.entries()) {
    const column = line.findIndex((glyph) => !isKnown(glyph));
    if (column >= 0) {
      const place = `line ${top + row + 1}, column ${margin + column + 1}`;
      const told = `${JSON.stringify(line[column])} is no sign of a map; the page keeps the world it has`;
      return { map: null, problem: `${place}: ${told}` };
    }
  }
  if (glyphs.length > MOST || width > MOST) {
    return { map: null, problem: `the map is ${glyphs.length} × ${width}; here it may be ${MOST} × ${MOST} at most` };
  }
  return { map: glyphs.map((row) => row.join("").padEnd(width)).join("\n"), problem: null };
}

/** The map as it is sent: a rim without cells is walls, or the reader would take it for a margin and cut it off. */
export function solid(map) {
  const rows = map.split("\n").map((row) => [...row]);
  const wall = (places) => {
    if (places.every(([row, column]) => rows[row][column] === " ")) {
      places.forEach(([row, column]) => { rows[row][column] = "#"; });
    }
  };
  const [down, across] = [[...rows.keys()], [...rows[0].keys()]];
  wall(across.map((column) => [0, column]));
  wall(across.map((column) => [rows.length - 1, column]));
  if (rows.length > 1) {
    wall(down.slice(1).map((row) => [row, 0]));  // an indentation below a first line is a margin, too
  }
  wall(down.map((row) => [row, rows[0].length - 1]));
  return rows.map((row) => row.join("")).join("\n");
}

const sent = (world) => ({ ...world, map: solid(world.map) });

/** The question that a state asks: laws of marks that are on the map, and only what its view needs. */
export function question(state) {
  const pinned = state.view === "difference" ? state.pinned : null;
  const here = [...marksOf(state.world), ...(pinned ? marksOf(pinned) : [])];
  const laws = Object.entries(state.rewards.marks).filter(([mark, law]) => law && here.includes(mark));
  return {
    v: 1, world: sent(state.world), gamma: [state.gamma],
    rewards: { default: state.rewards.default, marks: Object.fromEntries(laws) },
    draws: state.draws, seed: state.seed, sampler: state.sampler, view: state.view,
    pinned: pinned && sent(pinned),
    pair: state.view === "power" ? state.pair : null,
  };
}

/** Undo and redo over worlds. */
export class History {
  #before = [];
  #after = [];

  /** Remember a part of the state, {world} or {world, rewards}, as it was before a change. */
  push(part) {
    this.#before = [...this.#before.slice(-499), part];
    this.#after = [];
  }
  /** The part that was, or comes next, given the state as it is; nothing of it where there is none. */
  undo = (state) => this.#step(this.#before, this.#after, state);
  redo = (state) => this.#step(this.#after, this.#before, state);
  canUndo = () => this.#before.length > 0;
  canRedo = () => this.#after.length > 0;

  #step(from, to, state) {
    if (!from.length) {
      return {};
    }
    const part = from.pop();
    to.push(Object.fromEntries(Object.keys(part).map((key) => [key, state[key]])));
    return part;
  }
}

// The fragment: #v=1&map=..._.-.&gamma=0.5 says what differs from DEFAULT; _ ends a line, - is a wall, + no cell.

const encode = (text) => encodeURIComponent(String(text).toWellFormed());
const encodeMap = (map) => [...map]
  .map((glyph) => ({ "\n": "_", "#": "-", " ": "+", "-": "%2D", "_": "%5F" })[glyph] ?? encode(glyph)).join("");
const decodeMap = (raw) => decodeURIComponent(raw.replace(/_/g, "\n").replace(/-/g, "%23").replace(/\+/g, " "));
const encodeCells = (cells) => cells.map((cell) => cell.join(".")).join("_");

const OF_WORLD = ["map", "slip", "moves", "blocked", "stay", "wrap"];

function worldParts(world, prefix, plain) {
  const differs = OF_WORLD.filter((key) => world[key] !== plain[key]);
  const written = (value) => encode(typeof value === "boolean" ? Number(value) : value);
  const parts = differs.map((key) => `${prefix}${key}=${key === "map" ? encodeMap(world.map) : written(world[key])}`);
  return [...parts, ...Object.entries(world.bias).map(([name, amount]) => `${prefix}bias.${name}=${amount}`)];
}

/** A state as the fragment of an address, without its #. */
export function toFragment(state) {
  const parts = ["v=1", ...worldParts(state.world, "", WORLD)];
  const plain = ["gamma", "draws", "seed", "sampler", "view"].filter((key) => state[key] !== DEFAULT[key]);
  parts.push(...plain.map((key) => `${key}=${encode(state[key])}`));
  if (state.rewards.default !== DEFAULT.rewards.default) {
    parts.push(`rewards=${encode(state.rewards.default)}`);
  }
  parts.push(...Object.entries(state.rewards.marks).map(([mark, law]) => `mark.${mark}=${encode(law)}`));
  if (state.pinned) {
    parts.push(...worldParts(state.pinned, "pin.", { ...WORLD, map: null }));
  }
  const cells = { pair: state.pair ?? [], at: state.selected ? [state.selected] : [], chosen: state.chosen };
  const lists = Object.entries(cells).filter(([, list]) => list.length);
  return [...parts, ...lists.map(([key, list]) => `${key}=${encodeCells(list)}`)].join("&");
}

const oneOf = (...allowed) => (raw) => (allowed.includes(raw) ? raw : undefined);
const number = (raw) => (/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(raw) && isFinite(raw) ? Number(raw) : undefined);
const text = (raw) => decodeURIComponent(raw);
const flag = (raw) => (/^[01]$/.test(raw) ? raw === "1" : undefined);
const cellList = (raw) => (/^\d{1,2}\.\d{1,2}(_\d{1,2}\.\d{1,2})*$/.test(raw)
  ? raw.split("_").map((cell) => cell.split(".").map(Number)) : undefined);
const readers = {
  map: (raw) => {
    const rows = decodeMap(raw).split("\n");
    const wide = rows[0].length;
    const fits = wide && wide <= MOST && rows.length <= MOST && !raw.startsWith(";");  // that would be a comment
    const whole = fits && rows.every((row) => row.length === wide);
    return whole ? rows.join("\n") : undefined;
  },
  slip: number, moves: text, blocked: oneOf("stay", "remove"), stay: flag, wrap: flag,
  gamma: number, draws: number, seed: number, sampler: oneOf("latin", "sobol", "iid"),
  view: oneOf("power", "difference", "optimality"), rewards: text,
  pair: (raw) => (cellList(raw)?.length === 2 ? cellList(raw) : undefined), at: (raw) => cellList(raw)?.slice(0, 1),
  chosen: cellList,
};

/** The state of a fragment and null; or null and one sentence, if there is anything in it that is not understood. */
export function fromFragment(fragment) {
  const state = { ...DEFAULT, world: { ...WORLD, bias: {} }, rewards: { ...DEFAULT.rewards, marks: {} } };
  const refuse = (sentence) => ({ state: null, problem: sentence });
  const parts = fragment.replace(/^#/, "").split("&").filter(Boolean);
  if (!parts.length) {
    return { state, problem: null };
  }
  const version = parts.find((part) => part.startsWith("v="))?.slice(2);
  if (version !== "1") {
    return refuse(version === undefined ? "the link says no version; this page reads v=1"
      : `the link is of version ${version}; this page reads version 1`);
  }
  const seen = new Set();
  for (const part of parts.filter((one) => !one.startsWith("v="))) {
    const [key, raw] = [part.split("=")[0], part.slice(part.indexOf("=") + 1)];
    const pinned = key.startsWith("pin.");
    const [name, of] = (pinned ? key.slice(4) : key).split(/\.(.*)/s);
    const indexed = (name === "bias" && STEPS.includes(of)) || (name === "mark" && MARK.test(of) && !pinned);
    if (!part.includes("=") || !(indexed || (Object.hasOwn(readers, name) && of === undefined))
        || (pinned && !indexed && !OF_WORLD.includes(name))) {
      return refuse(`the link says ${key}, which this page does not know`);
    }
    let value;
    try {
      value = (indexed ? (name === "bias" ? number : text) : readers[name])(raw);
    } catch {
      value = undefined;  // a broken percent escape
    }
    if (value === undefined || seen.has(key)) {
      return refuse(value === undefined ? `the link says ${key}=${raw.slice(0, 40)}, which cannot be read`
        : `the link says ${key} twice`);
    }
    seen.add(key);
    put(state, name, of, value, pinned);
  }
  if (state.pinned && !seen.has("pin.map")) {
    return refuse("the link pins a world without its map");
  }
  return { state, problem: null };
}

function put(state, name, of, value, pinned) {
  if (pinned && !state.pinned) {
    state.pinned = { ...WORLD, bias: {} };
  }
  const world = pinned ? state.pinned : state.world;
  if (name === "bias") {
    world.bias[of] = value;
  } else if (OF_WORLD.includes(name)) {
    world[name] = value;
  } else if (name === "mark") {
    state.rewards.marks[of] = value;
  } else if (name === "rewards") {
    state.rewards.default = value;
  } else if (name === "at") {
    state.selected = value[0];
  } else {
    state[name] = value;
  }
}

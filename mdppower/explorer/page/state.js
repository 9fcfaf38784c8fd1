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
export const STEPS = [...COMPASS, "NE", "SE", "SW", "NW", "stay"];
const LETTER = /^[a-uw-zA-Z]$/;
const MARK = /^[a-uw-zA-Z*~]$/;

const NAMES = {
  ".": "floor", "#": "wall", " ": "no cell", "*": "exit", "~": "pit",
  "^": "one-way north", ">": "one-way east", "v": "one-way south", "<": "one-way west",
};

/** What a glyph is called. */
export const nameOf = (glyph) => NAMES[glyph] ?? (LETTER.test(glyph) ? `mark ${glyph}` : `unknown glyph ${glyph}`);
export const isLetter = (glyph) => LETTER.test(glyph);
export const isMark = (glyph) => MARK.test(glyph);
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
  const found = new Set([...world.map].filter(isMark));
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

/** A text map without comments and margins, as a rectangle; what is not drawn is no cell. A problem may have a place,
 * the line and column of the text, from 1 as editors count. */
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
      return { map: null, problem: told, place };
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

// The state as a link: #v=1&map=..._.-.&gamma=0.5 says what differs from DEFAULT; _ ends a line, - is a wall, + no cell.

import { DEFAULT, isMark, MOST, STEPS, WORLD } from "./state.js";

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
    const fits = wide && wide <= MOST && rows.length <= MOST && !rows[0].startsWith(";");  // that would be a comment
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
    const indexed = (name === "bias" && STEPS.includes(of)) || (name === "mark" && isMark(of) && !pinned);
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

/** The address bar: it says what state() gives, at most twice a second, and what is put there by others is followed. */
export function addressBar(state, follow) {
  let address = null;  // as it was last read or written
  let writing = null;

  function write() {
    writing = null;
    if (location.hash === address) {  // else a link was followed, and the event that says so is on its way
      window.history.replaceState(null, "", `#${toFragment(state())}`);
      address = location.hash;
    }
  }

  function read() {
    address = location.hash;
    follow(fromFragment(address));
  }

  window.addEventListener("hashchange", () => location.hash === address || read());
  return { read, remember: () => { writing ??= setTimeout(write, 500); } };
}

// What each view says: its legend, what is known of one cell, its words; a pinned world and two cells compared.

import { MOST_LINES } from "./chart.js";
import { element } from "./controls.js";
import { arrowWords, decimal, decimals, limitsOf, show, together, wayWords } from "./looks.js";
import { glyphAt, isCell, nameOf } from "./state.js";

const byId = (id) => document.getElementById(id);

/** What is shown, its name among the views, its unit, and what an arrow says. */
const VIEWS = {
  power: { name: "POWER", title: "POWER", unit: ", in reward per step", arrow: "seeks most POWER" },
  difference: {
    name: "Change since pin", title: "Change of POWER since the pin", unit: ", in reward per step", arrow: "verdict",
  },
  optimality: {
    name: "Likely optimal actions", title: "Chance that the likeliest action is optimal", unit: "",
    arrow: "is likeliest to be optimal",
  },
};

/** What colours and signs mean; arrows: whether they are drawn. */
export function drawLegend(state, message, rate, { least, most, same, colour }, arrows) {
  const view = message?.view ?? state.view;
  const about = VIEWS[view];
  const gamma = message?.gamma[rate] ?? state.gamma;
  byId("legend-title").textContent = `${about.title} at γ = ${gamma}${about.unit}`;
  const known = Number.isFinite(least);
  const stops = known ? [...Array(11).keys()].map((i) => colour(least + (most - least) * i / 10)) : ["#ccc", "#ccc"];
  byId("legend-bar").style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const places = !known ? [] : same ? [least] : [0, 1, 2, 3, 4].map((i) => least + (most - least) * i / 4);
  const digits = Math.max(2, decimals((most - least) / 4));
  byId("legend-ticks").replaceChildren(...places.map((value) => element(
    "span", same ? `${decimal(value, 4)} in all cells` : decimal(value, digits))));
  byId("whole-label").hidden = view !== "power";
  byId("arrows").parentElement.hidden = view === "difference";
  byId("key").textContent = view === "difference" ? "+ more, − less, = the same, ? open: these draws do not tell."
    : !arrows ? "" : `Arrow, or dot for staying: the action that ${about.arrow}; dashed, with ?: not told from some `
      + "others. =: all actions are equal. ? alone: no action is told from another.";
}

/** Whether no draw differed there, which does not prove that none can. */
const equalInAll = (message, rate, i) => message.verdict?.[rate][i] === "open"
  && message.mean[rate][i] === 0 && message.stderr[rate][i] === 0;

/** "± .0021"; "1.81 … 2.00" where a number is nearer to one limit of its interval than to the other. */
function errorText(mean, size, [low, high]) {
  if (low === -Infinity && high === Infinity) {
    return "± ∞";
  }
  if (Math.abs(high + low - 2 * mean) <= 1e-8 * Math.max(1, Math.abs(mean))) {
    return `±${show(mean, size).split("±")[1]}`;
  }
  const digits = decimals(Math.min(...[high - mean, mean - low].filter((side) => side > 0)));
  const end = (limit) => (Number.isFinite(limit) ? decimal(limit, digits) : limit > 0 ? "∞" : "−∞");
  return `${end(low)} … ${end(high)}`;
}

/** What is known of one cell. */
export function drawReading(state, message, rate, [row, column]) {
  const glyph = glyphAt(state.world, row, column);
  const i = message?.cells.findIndex(([r, c]) => r === row && c === column) ?? -1;
  const mean = i >= 0 && isCell(glyph) ? message.mean[rate][i] : null;
  const same = message?.verdict?.[rate][i] === "same";  // by proof: what is left of an error is rounding
  const [half, joint] = ["half", "joint"].map((key) => (same ? 0 : message?.[key]?.[rate]?.[i]));
  const about = VIEWS[message?.view ?? state.view];
  byId("reading-title").textContent = `Row ${row}, column ${column}: ${nameOf(glyph ?? " ")}`;
  byId("value-name").textContent = about.title + (message?.provisional ? ", provisional" : "");
  byId("value").textContent = mean === null ? "–" : decimal(mean, decimals(joint));
  for (const [id, size] of [["joint", joint], ["half", half]]) {
    const limits = mean === null ? null : same ? [mean, mean] : limitsOf(message, id, rate, i);
    byId(id).textContent = limits ? errorText(mean, size, limits) : "–";
  }
  byId("joint-name").textContent = `95 %, ${together(message)}`;
  // Not where it is known that nothing varies: there the error is that of rounding.
  byId("alike-told").hidden = mean === null || Boolean(message.verdict) || message.stderr?.[rate][i] !== 0
    || (half !== null && half < 1e-9);
  byId("arrow-name").textContent = about.arrow;
  const fresh = message?.new?.some(([r, c]) => r === row && c === column);
  byId("arrow").textContent = mean === null ? (fresh ? "new since the pin" : "–")
    : message.verdict ? message.verdict[rate][i] + (equalInAll(message, rate, i) ? ": equal in every draw" : "")
      : arrowWords(message.arrow?.[rate]?.[i], message.sure?.[rate]?.[i]);
  const actions = message?.likely && mean !== null ? likelyActions(message, rate, i) : [];
  byId("likely").replaceChildren();
  actions.forEach(([name, chance]) => {
    element("div", "", {}, byId("likely")).append(element("dt", name), element("dd", chance));
  });
  byId("likely-told").hidden = !actions.length;
  byId("reading").classList.toggle("provisional", Boolean(message?.provisional));
}

/** A number with its sign and its error: "+.0123 ± .0004". */
export function signed(mean, half) {
  const text = decimal(mean, decimals(half));
  const error = half === 0 ? "0" : half === Infinity ? "∞" : decimal(half, decimals(half));
  return `${mean > 0 && Number(text) !== 0 ? "+" : ""}${text} ± ${error}`;
}

const isSame = ([r, c], [row, column]) => r === row && c === column;

/** The last two of the picked cells. */
export const pairOf = (chosen) => (chosen.length > 1 ? chosen.slice(-2) : null);

/** Pick a cell, or let go of it. */
export function picked(state, cell) {
  const others = state.chosen.filter((one) => !isSame(one, cell));
  const adds = others.length === state.chosen.length && isCell(glyphAt(state.world, ...cell));
  const chosen = adds ? [...others, cell].slice(-MOST_LINES) : others;
  return { chosen, pair: pairOf(chosen) };
}

const cells = (count) => `${count} ${count === 1 ? "cell" : "cells"}`;

/** What changed since the pin, in a sentence. */
export function changeInWords(message, rate) {
  const { more, less, same, open } = message.counts[rate];
  const equal = message.mean[rate].filter((_, i) => equalInAll(message, rate, i)).length;
  const ofOpen = equal ? `, ${equal === open ? "equal" : `${equal} of them equal`} in every draw` : "";
  const told = [
    [more, `more POWER in ${cells(more)}`], [less, `less in ${cells(less)}`], [same, `the same in ${cells(same)}`],
    [open, `open in ${cells(open)} (?)${ofOpen}`], [message.new.length, `${cells(message.new.length)} new`],
    [message.gone.length, `${cells(message.gone.length)} gone`],
  ];
  return `Since the pin: ${told.filter(([count]) => count).map(([, words]) => words).join(", ")}.`;
}

/** All actions of a cell, the likeliest first, each with its interval: ["north", ".410 (.390 … .430)"]. */
export const likelyActions = (message, rate, s) => message.likely[rate][s].map(({ action, p, low, high }) =>
  [wayWords(action), `${decimal(p, 3)} (${decimal(low, 3)} … ${decimal(high, 3)})`]);

/** The paired difference of two cells in a sentence. */
export function pairInWords(pair, { mean, half }, rate) {
  const by = mean[rate];
  const error = half[rate] ?? (by === 0 ? Infinity : null);  // rewards without bounds; or without a variance
  const same = error === 0 ? "equal" : "equal in every draw; the ± is what so many draws cannot exclude";
  const open = by === 0 ? same : "not told apart";
  const verdict = error === null || Math.abs(by) <= error ? open : by > 0 ? "more" : "less";
  const [first, second] = pair.map((cell) => `POWER(${cell.join(",")})`);
  return `${first} − ${second} = ${signed(by, error)} (95 %, on the same draws): ${verdict}.`;
}

/** The bar of the page, its words below the map, and what picks the cell that is read. */
export function comparing(root, words, reading, page) {
  const views = element("div", "", { role: "radiogroup", "aria-label": "View", class: "checks" }, root);
  const radios = Object.fromEntries(Object.entries(VIEWS).map(([view, { name }]) => {
    const label = element("label", "", {}, views);
    const radio = element("input", "", { type: "radio", name: "view", id: `view-${view}` }, label);
    label.append(name);
    radio.addEventListener("change", () => page.change({ view }));
    return [view, radio];
  }));
  const button = (id, title, act, parent = root) => {
    const made = element("button", title, { type: "button", id }, parent);
    made.addEventListener("click", () => act(page.state()));
    return made;
  };
  const pin = button("pin", "Pin this world", ({ world }) => page.change({ pinned: world, view: "difference" }));
  const unpin = button("unpin", "Unpin", ({ view }) =>
    page.change({ pinned: null, view: view === "difference" ? "power" : view }));
  const back = button("back", "Back to the pin", ({ pinned }) => page.edit(pinned));
  const told = element("p", "", { id: "view-told" }, words);
  const pair = element("p", "", { id: "pair-told", role: "status" }, words);
  const pick = button("pick", "", () => page.onPick(...page.map.place()), reading);
  let refused = null;  // a wall that was to be picked
  const forget = button("forget", "Let go of all", () => page.change({ chosen: [], pair: null }), reading);

  function viewInWords({ view, pinned }, message, rate) {
    if (view === "optimality") {
      return "The share of reward functions for which an action is optimal; point at a cell for all of its actions.";
    }
    if (view === "difference") {
      return message?.view !== view ? ""
        : `${changeInWords(message, rate)} 95 % for all cells at once, independent draws.`;
    }
    return pinned ? "A world is pinned." : "Pin the world, edit it, and see what that does to POWER.";
  }

  function pairInView(state, message, rate) {
    if (refused) {
      return `Row ${refused.join(", column ")} is no cell of the world: it cannot be picked.`;
    }
    if (state.view !== "power") {
      return state.pair ? "The two cells that are picked are compared in the view POWER." : "";
    }
    if (!state.pair) {
      return state.chosen.length ? "One cell is picked; pick another to compare their POWER."
        : "Shift-click two cells, or press p on them, to compare their POWER.";
    }
    const known = message?.pair && String(page.answered().pair) === String(state.pair);
    return known ? pairInWords(state.pair, message.pair, rate) : "…";
  }

  page.onPick = (row, column) => {
    refused = isCell(glyphAt(page.state().world, row, column)) ? null : [row, column];
    page.change(picked(page.state(), [row, column]));
  };
  page.listen((state, message, rate) => {
    Object.entries(radios).forEach(([view, radio]) => { radio.checked = view === state.view; });
    radios.difference.disabled = !state.pinned;
    pin.textContent = state.pinned ? "Pin anew" : "Pin this world";
    [unpin, back].forEach((one) => { one.hidden = !state.pinned; });
    const at = page.map.place();
    const isPicked = state.chosen.some((one) => isSame(one, at));
    pick.textContent = isPicked ? "Let go of this cell" : "Pick this cell to compare";
    pick.hidden = !isCell(glyphAt(state.world, ...at)) || (state.view !== "power" && byId("sweep-card").hidden);
    refused = refused && isSame(refused, at) && !isCell(glyphAt(state.world, ...at)) ? refused : null;
    forget.hidden = !state.chosen.length;
    told.textContent = viewInWords(state, message, rate);
    told.classList.toggle("hint", state.view === "power");
    const words = pairInView(state, message, rate);
    if (words !== pair.textContent) {  // spoken when it is another
      pair.textContent = words;
    }
    pair.classList.toggle("hint", state.view === "power" && !state.pair && !refused);
  });
}

// Compare: with a pinned world, one action with another, two cells; and in words what each view says.

import { MOST_LINES } from "./chart.js";
import { element } from "./controls.js";
import { decimal, decimals } from "./scale.js";
import { glyphAt, isCell } from "./state.js";

const VIEWS = { power: "POWER", difference: "Change since pin", optimality: "Likely optimal actions" };

/** A number with its sign and its error: "+.0123 ± .0004". */
export function signed(mean, half) {
  const text = decimal(mean, decimals(half));
  return `${mean > 0 && Number(text) !== 0 ? "+" : ""}${text} ± ${half === 0 ? "0" : decimal(half, decimals(half))}`;
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
  const told = [
    [more, `more POWER in ${cells(more)}`], [less, `less in ${cells(less)}`], [same, `the same in ${cells(same)}`],
    [open, `open in ${cells(open)} (?)`], [message.new.length, `${cells(message.new.length)} new`],
    [message.gone.length, `${cells(message.gone.length)} gone`],
  ];
  return `Since the pin: ${told.filter(([count]) => count).map(([, words]) => words).join(", ")}.`;
}

/** All actions of a cell, the likeliest first, each with its interval: ["N", ".410 (.390 … .430)"]. */
export const likelyActions = (message, rate, s) => message.likely[rate][s].map(({ action, p, low, high }) =>
  [action, `${decimal(p, 3)} (${decimal(low, 3)} … ${decimal(high, 3)})`]);

/** The paired difference of two cells in a sentence. */
export function pairInWords(pair, { mean, half }, rate) {
  const [by, error] = [mean[rate], half[rate]];
  const open = by === 0 && error === 0 ? "equal" : "not told apart";
  const verdict = Math.abs(by) <= error ? open : by > 0 ? "more" : "less";
  const [first, second] = pair.map((cell) => `POWER(${cell.join(",")})`);
  return `${first} − ${second} = ${signed(by, error)} (95 %, on the same draws): ${verdict}.`;
}

/** The bar of the page, and its words below the map. */
export function comparing(root, words, page) {
  const views = element("div", "", { role: "radiogroup", "aria-label": "What the map shows", class: "checks" }, root);
  const radios = Object.fromEntries(Object.entries(VIEWS).map(([view, title]) => {
    const label = element("label", "", {}, views);
    const radio = element("input", "", { type: "radio", name: "view", id: `view-${view}` }, label);
    label.append(title);
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
  const back = button("back", "Back to the pinned world", ({ pinned }) => page.edit(pinned));
  const told = element("p", "", { id: "view-told" }, words);
  const pair = element("p", "", { id: "pair-told" }, words);
  const forget = button("forget", "Let go of picked cells", () => page.change({ chosen: [], pair: null }), words);

  function viewInWords({ view, pinned }, message, rate) {
    if (view === "optimality") {
      return "The share of reward functions for which an action is optimal; point at a cell for all of its actions.";
    }
    if (view === "difference") {
      return message?.view === view ? `${changeInWords(message, rate)} 95 % for all cells at once, iid draws.` : "";
    }
    return pinned ? "A world is pinned." : "Pin the world, edit it, and see what that does to POWER.";
  }

  function pairOf(state, message, rate) {
    if (state.view !== "power") {
      return "";
    }
    if (!state.pair) {
      return "Shift-click two cells, or press p on them, to compare their POWER.";
    }
    const known = message?.pair && String(page.answered().pair) === String(state.pair);
    return known ? pairInWords(state.pair, message.pair, rate) : "…";
  }

  page.onPick = (row, column) => page.change(picked(page.state(), [row, column]));
  page.listen((state, message, rate) => {
    Object.entries(radios).forEach(([view, radio]) => { radio.checked = view === state.view; });
    radios.difference.disabled = !state.pinned;
    pin.textContent = state.pinned ? "Pin this world instead" : "Pin this world";
    [unpin, back].forEach((one) => { one.hidden = !state.pinned; });
    forget.hidden = !state.chosen.length;
    told.textContent = viewInWords(state, message, rate);
    pair.textContent = pairOf(state, message, rate);
  });
}

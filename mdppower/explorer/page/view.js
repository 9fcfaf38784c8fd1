// The page: one state, the question it asks, and what is shown of the answer.

import {
  DEFAULT, fromFragment, glyphAt, History, isCell, nameOf, paint, question, resize, sameShape, toFragment,
} from "./state.js";
import { coloursOf, decimal, decimals, show } from "./scale.js";
import { mapView } from "./map.js";
import { comparing, likelyActions, pairOf } from "./compare.js";
import { controls, element } from "./controls.js";
import { asking, server as host } from "./asking.js";
import { sweeping } from "./sweep.js";
import { taking } from "./taking.js";

const byId = (id) => document.getElementById(id);
const history = new History();
const listeners = [];
let state = DEFAULT;
let message = null;  // the newest answer that can be drawn, and which of its rates is
let asked = null;
let answered = null;  // the question that it answers
let rate = 0;
let hovered = null;
let seen = 0;
let failed = false;

// What a message is about, and how its numbers are coloured.

const VIEWS = {
  power: { title: "POWER", unit: ", in reward per step", arrow: "seeks most POWER" },
  difference: { title: "Change of POWER since the pin", unit: ", in reward per step", arrow: "verdict" },
  optimality: { title: "Chance that the likeliest action is optimal", unit: "", arrow: "likeliest to be optimal" },
};

const scale = () => coloursOf(message, rate, byId("whole").checked);

function drawLegend({ least, most, same, colour }) {
  const about = VIEWS[message?.view ?? state.view];
  const gamma = message?.gamma[rate] ?? state.gamma;
  byId("legend-title").textContent = `${about.title} at γ = ${gamma}${about.unit}`;
  const known = Number.isFinite(least);
  const stops = known ? [...Array(11).keys()].map((i) => colour(least + (most - least) * i / 10)) : ["#ccc", "#ccc"];
  byId("legend-bar").style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const places = !known ? [] : same ? [least] : [0, 1, 2, 3, 4].map((i) => least + (most - least) * i / 4);
  const digits = Math.max(2, decimals((most - least) / 4));
  byId("legend-ticks").replaceChildren(...places.map((value) => element(
    "span", same ? `${decimal(value, 4)} in all cells` : decimal(value, digits))));
  byId("whole-label").hidden = (message?.view ?? "power") !== "power";
  byId("key").textContent = message?.view === "difference"
    ? "+ more, − less, = the same, ? open: these draws do not tell."
    : `Arrow, or dot for staying: what ${about.arrow.replace("likeliest", "is likeliest")}; =: all actions are equal;`
      + " with ?: these draws do not tell.";
}

/** What is known of the cell under the pointer, or else of the chosen one. */
function drawReading() {
  const [row, column] = hovered ?? state.selected ?? map.place();
  const glyph = glyphAt(state.world, row, column);
  const i = message?.cells.findIndex(([r, c]) => r === row && c === column) ?? -1;
  const mean = i >= 0 && isCell(glyph) ? message.mean[rate][i] : null;
  const [half, joint] = ["half", "joint"].map((key) => message?.[key]?.[rate]?.[i]);
  const about = VIEWS[message?.view ?? state.view];
  byId("reading-title").textContent = `Row ${row}, column ${column}: ${nameOf(glyph ?? " ")}`;
  byId("value-name").textContent = about.title + (message?.provisional ? ", provisional" : "");
  byId("value").textContent = mean === null ? "–" : decimal(mean, decimals(joint));
  for (const [id, size] of [["joint", joint], ["half", half]]) {
    byId(id).textContent = mean === null || typeof size !== "number" ? "–" : `±${show(mean, size).split("±")[1]}`;
  }
  byId("arrow-name").textContent = about.arrow;
  const fresh = message?.new?.some(([r, c]) => r === row && c === column);
  byId("arrow").textContent = mean === null ? (fresh ? "new since the pin" : "–")
    : message.verdict ? message.verdict[rate][i] : arrowWords(i);
  const actions = message?.likely && mean !== null ? likelyActions(message, rate, i) : [];
  byId("likely").replaceChildren();
  actions.forEach(([name, chance]) => {
    element("div", "", {}, byId("likely")).append(element("dt", name), element("dd", chance));
  });
  byId("reading").classList.toggle("provisional", Boolean(message?.provisional));
}

function arrowWords(i) {
  const arrow = message.arrow?.[rate]?.[i];
  const sure = message.sure?.[rate]?.[i] !== false;
  if (!arrow || arrow === "=") {
    return !arrow ? "only one action" : sure ? "all actions are equal" : "none is told from the others";
  }
  const ways = ["north", "south", "east", "west"];
  const words = ways.reduce((text, way) => text.replace(way[0].toUpperCase(), way), arrow);
  return sure ? words : `${words}? not told apart`;
}

function draw(withMap = true) {
  const colours = scale();
  if (withMap) {
    map.draw(state, message, rate, { ...colours, arrows: byId("arrows").checked, numbers: byId("numbers").checked });
  }
  drawLegend(colours);
  drawReading();
  listeners.forEach((listen) => listen(state, message, rate));
}

// Asking: what changed is drawn at once, its numbers follow.

const count = (number) => number.toLocaleString("en");

function hear(answer, of) {
  if (answer.error) {
    if (of === asked) {
      fail(answer);
    }
  } else if (answer.draws === undefined) {
    tell(answer.note ? `${answer.note} …` : "");
  } else if (sameShape(of.world.map, state.world.map)) {
    if (of.gamma.length > 1 && of !== asked) {
      return;  // a sweep of what was there before
    }
    answered = of;
    map.fade(false);
    if (of.gamma.length > 1) {
      page.onSweep(answer, of);
    } else {
      [message, rate] = [answer, 0];
      draw();
    }
    tell(answer.final ? `${count(answer.draws)} draws, ${Math.round(answer.ms)} ms`
      : `${count(answer.draws)} of ${count(answer.of)} draws, provisional`);
    byId("notes").replaceChildren(...(answer.notes ?? []).map((note) => element("li", note)));
    byId("notes").hidden = !answer.notes?.length;
    Object.assign(document.body.dataset, { draws: answer.draws, seen: seen += 1 });
  }
}

function tell(sentence) {
  byId("status").textContent = sentence;
}

/** Show what was refused beside its control; the old picture stays, greyed. */
function fail({ error, field, line, column }) {
  const at = line && field === "world.map" ? [line - 1, column - 1] : null;
  failed = true;
  panel.error(field, at ? `row ${at[0]}, column ${at[1]}: ${error.replace(/^line \d+, column \d+: /, "")}` : error);
  map.fade(true);
  map.flag(at);
  tell("not computed; the map is as it was before");
}

const asker = asking(host, hear, (of, whole) => {
  document.body.dataset.busy = "false";
  if (!whole) {
    map.fade(answered !== of);
    tell("not finished: the server ends, or answers another page; change anything to ask again");
  }
});

function ask(newest = question(state)) {
  document.body.dataset.busy = "true";
  asked = newest;
  asker.ask(asked);
}

/** Take part of a new state, show it, and ask again if the question is another. */
function change(part) {
  const before = asked && JSON.stringify(question(state));
  state = { ...state, ...part };
  if (part.world) {
    const stays = ([row, column]) => isCell(glyphAt(state.world, row, column));
    const { pair, selected } = state;
    const chosen = state.chosen.every(stays) ? state.chosen : state.chosen.filter(stays);
    state = {
      ...state, chosen, pair: !pair || pair.every(stays) ? pair : pairOf(chosen),
      selected: selected && glyphAt(state.world, ...selected) !== undefined ? selected : null,
    };
    if (message && !sameShape(state.world.map, asked.world.map)) {
      message = null;
    }
  }
  panel.show(state, history);
  remember();
  // What was refused may be mended by what was there before; that is asked again, though it is the same question.
  if (JSON.stringify(question(state)) !== before || (failed && !part.selected)) {
    failed = false;
    panel.error(null, null);
    map.flag(null);
    ask();
  }
  draw(Boolean(part.world || part.chosen || !before));
}

function edit(world) {
  if (world !== state.world) {
    history.push(state.world);
    change({ world });
  }
}

// The address says what is shown, at most twice a second.

let written = null;
let writing = null;

function remember() {
  writing ??= setTimeout(() => {
    writing = null;
    written = `#${toFragment(state)}`;
    window.history.replaceState(null, "", written);
  }, 500);
}

function readAddress() {
  const { state: found, problem } = fromFragment(location.hash);
  if (found && asked) {
    history.push(state.world);
  }
  change(found ?? {});
  if (found?.selected) {
    map.mark(...found.selected);
  }
  if (problem) {
    panel.error(null, `${problem}; it is not followed`);
  }
}

const map = mapView(byId("map"), {
  tool: () => panel.tool(),
  paint(row, column, glyph, typed = false) {
    const starts = glyph === null;
    const chosen = starts ? panel.tool() : glyph;
    if (chosen === null) {
      return null;
    }
    const told = (starts || typed) && glyphAt(state.world, row, column) === chosen ? "." : chosen;
    const world = paint(state.world, row, column, told);
    if (starts || typed) {
      edit(world);
    } else if (world !== state.world) {
      change({ world });
    }
    return told;
  },
  select(row, column) {
    hovered = null;
    change({ selected: [row, column] });
  },
  hover(row, column) {
    hovered = row === null ? null : [row, column];
    drawReading();
  },
  pick(row, column) {
    page.onPick?.(row, column);
  },
});

const panel = controls(document.body, {
  change,
  problem: (field, error) => fail({ error, field }),
  tool: (tool) => map.looking(tool === null),
  resize: (rows, columns) => edit(resize(state.world, rows, columns)),
  open: (world) => edit(world),
  undo: () => change({ world: history.undo(state.world) }),
  redo: () => change({ world: history.redo(state.world) }),
});

/** What other parts of the page may know and do. */
export const page = {
  state: () => state, message: () => message, rate: () => rate, map, change, edit, ask,
  /** The question that the message answers. */
  answered: () => answered,
  /** How the numbers of the message are coloured: {title, key, least, most, colour(value)}. */
  scale: () => ({ ...scale(), title: byId("legend-title").textContent, key: byId("key").textContent }),
  link: () => `${location.href.split("#")[0]}#${toFragment(state)}`,
  /** Call listen(state, message, rate) after each redraw. */
  listen: (listen) => listeners.push(listen),
  /** Draw a message of one's own at one of its rates; γ follows. */
  show(answer, at) {
    [message, rate] = [answer, at];
    state = { ...state, gamma: answer.gamma[at] };
    panel.show(state, history);
    remember();
    draw();
  },
  onPick: null,
  onSweep: null,
};
comparing(byId("compare"), byId("words"), page);
taking(byId("take"), page, sweeping(byId("sweep-bar"), byId("sweep-card"), page).lines);

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const typing = event.target.matches("input:not([type]), textarea");
  if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !typing) {
    event.preventDefault();
    const back = key === "z" && !event.shiftKey;
    change({ world: back ? history.undo(state.world) : history.redo(state.world) });
  }
});
["arrows", "numbers", "whole"].forEach((id) => byId(id).addEventListener("change", () => draw()));
window.addEventListener("hashchange", () => location.hash === written || readAddress());
host.worlds().then((worlds) => {
  panel.offer(worlds);
  panel.show(state, history);
}, () => {});
readAddress();

// The page: one state, the question it asks, and what is shown of the answer.

import { addressBar, toFragment } from "./address.js";
import { DEFAULT, glyphAt, History, isCell, opened, paint, question, resize, sameShape } from "./state.js";
import { coloursOf } from "./looks.js";
import { mapView } from "./map.js";
import { comparing, drawLegend, drawReading, pairOf } from "./compare.js";
import { controls, element } from "./controls.js";
import { asking, knocking, server as host } from "./asking.js";
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
let lost = false;  // nothing was refused, but no answer came
let saying = 0;
let late = 0;  // the timer that greys what is not answered soon
let noted = "";
const SOON = 300;  // milliseconds

const scale = () => coloursOf(message, rate, byId("whole").checked);

/** What is drawn in the cells: what is asked for, and not too small to be read. */
const seenAs = (id) => byId(id).checked && byId(`no-${id}`).hidden;

function readCell() {
  drawReading(state, message, rate, hovered ?? state.selected ?? map.place());
}

function draw(withMap = true) {
  const colours = scale();
  if (withMap) {
    map.draw(state, message, rate, { ...colours, arrows: byId("arrows").checked, numbers: byId("numbers").checked });
  }
  drawLegend(state, message, rate, colours, seenAs("arrows"));
  readCell();
  hearken();
}

/** Tell the other parts of the page. */
function hearken() {
  listeners.forEach((listen) => listen(state, message, rate));
}

// Asking: what changed is drawn at once, its numbers follow.

const count = (number) => number.toLocaleString("en");
const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`);

function hear(answer, of) {
  if (answer.error) {
    if (of === asked) {
      fail(answer);
    }
  } else if (answer.draws === undefined) {
    noted = answer.note?.startsWith("compiling") ? "Compiling, once; about a minute …" : answer.note ?? "";
    byId("waiting").textContent = noted || "Computing …";
  } else if (sameShape(of.world.map, state.world.map)) {
    if (of.gamma.length > 1 && of !== asked) {
      return;  // a sweep of what was there before
    }
    answered = of;
    arrived();
    if (of !== asked) {
      wait();
    }
    map.fade(failed);
    if (of.gamma.length > 1) {
      page.onSweep(answer, of);
    } else {
      [message, rate] = [answer, 0];
      draw();
    }
    tell(answer.final ? `${count(answer.draws)} draws, ${duration(answer.ms)}`
      : `${count(answer.draws)} of ${count(answer.of)} draws, provisional`);
    if (answer.final && of.gamma.length === 1) {
      say(["reading-title", "value-name", "value", "joint"].map((id) => byId(id).textContent).join(" "));
    }
    byId("notes").replaceChildren(...(answer.notes ?? []).map((note) => element("li", note)));
    byId("notes").hidden = !answer.notes?.length;
    Object.assign(document.body.dataset, { draws: answer.draws, seen: seen += 1 });
  }
}

function tell(sentence) {
  byId("status").textContent = sentence;
}

/** Speak to who does not see the page: no more than the last of what comes in a row. */
function say(sentence) {
  clearTimeout(saying);
  saying = setTimeout(() => { byId("said").textContent = sentence; }, 700);
}

function lose(yes) {
  lost = yes;
  byId("retry").hidden = !yes;
}

/** Show what was refused beside its control; the old picture stays, greyed. */
function fail({ error, field, line, column, lost: away }) {
  const at = line && field === "world.map" ? [line - 1, column - 1] : null;
  failed = true;
  arrived();
  panel.error(field, at ? `row ${at[0]}, column ${at[1]}: ${error.replace(/^line \d+, column \d+: /, "")}` : error);
  map.fade(true);
  map.flag(at);
  tell(message ? "not computed; the map is as it was before" : "not computed");
  lose(!field);
  if (away) {
    knock.later();
  }
  hearken();
}

const knock = knocking(host, () => lost, () => ask());

/** What is not answered soon is greyed, and says what it waits for. */
function wait() {
  clearTimeout(late);
  late = setTimeout(() => {
    if (!isCurrent()) {
      map.fade(Boolean(message));
      tell("");
      byId("waiting").textContent = noted || "Computing …";
      byId("waiting").hidden = false;
    }
  }, SOON);
}

function arrived() {
  clearTimeout(late);
  noted = "";
  byId("waiting").hidden = true;
}

/** Whether what is shown answers the present question; of a pair its own sentence says whether it does. */
function isCurrent() {
  const shown = message && answered && { ...answered, gamma: [message.gamma[rate]], pair: null };
  return !failed && JSON.stringify(shown) === JSON.stringify({ ...question(state), pair: null });
}

const asker = asking(host, hear, (of, whole) => {
  document.body.dataset.busy = "false";
  arrived();
  if (!whole) {
    map.fade(answered !== of);
    tell("not finished: the server has ended, or answers another page");
    say("not finished");
    lose(true);
    knock.now();
  }
  hearken();
});

function ask(newest = question(state)) {
  document.body.dataset.busy = "true";
  failed = false;
  panel.error(null, null);
  map.flag(null);
  lose(false);
  asked = newest;
  wait();
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
  bar.remember();
  // What was refused may be mended by what was there before; that is asked again, though it is the same question.
  if (JSON.stringify(question(state)) !== before || (failed && !part.selected)) {
    ask();
  }
  draw(Boolean(part.world || part.chosen || !before));
}

function edit(world) {
  if (world !== state.world) {
    map.lift();  // the stroke that still runs is not of this world
    history.push({ world: state.world });
    change({ world });
  }
}

function open(world) {
  const { part, reset } = opened(state, world);
  history.push({ world: state.world, rewards: state.rewards });
  travel(part);
  if (reset.length) {
    panel.error("open", `Reset: ${reset.join(", ")}. Undo brings them back.`, "told");
  }
}

function travel(part) {
  map.lift();
  change(part);
}

/** Take the state of a link; one that cannot be followed changes nothing. */
function follow({ state: found, problem }) {
  if (found && asked && JSON.stringify(found.world) !== JSON.stringify(state.world)) {
    history.push({ world: state.world, rewards: state.rewards });
  }
  map.lift();
  const picks = found ? [...found.chosen, ...found.pair ?? []] : [];
  const gone = picks.find(([row, column]) => !isCell(glyphAt(found.world, row, column)));
  change(found ? { ...found, chosen: found.chosen.length ? found.chosen : found.pair ?? [] } : {});
  if (found?.selected) {
    map.mark(...found.selected);
  }
  if (problem || gone) {
    panel.error(null, problem ? `${problem}; it is not followed`
      : `the link picks row ${gone[0]}, column ${gone[1]}, where its map has no cell; that pick is left out`);
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
    readCell();
  },
  fit(room) {
    Object.entries(room).forEach(([id, yes]) => { byId(`no-${id}`).hidden = yes; });
    drawLegend(state, message, rate, scale(), seenAs("arrows"));
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
  refuse: (field, error) => panel.error(field, error),
  open,
  undo: () => travel(history.undo(state)),
  redo: () => travel(history.redo(state)),
});

const bar = addressBar(() => state, follow);
map.looking(panel.tool() === null);

/** What other parts of the page may know and do. */
export const page = {
  state: () => state, message: () => message, rate: () => rate, map, change, edit, ask,
  /** The question that the message answers, and whether that is the present one. */
  answered: () => answered,
  current: isCurrent,
  /** How the numbers of the message are coloured: {title, key, least, most, colour(value)}. */
  scale: () => ({ ...scale(), title: byId("legend-title").textContent, key: byId("key").textContent }),
  link: () => `${location.href.split("#")[0]}#${toFragment(state)}`,
  /** Call listen(state, message, rate) after each redraw. */
  listen: (listen) => listeners.push(listen),
  /** Draw a message of one's own, the answer to that question, at one of its rates; γ follows. */
  show(answer, at, of) {
    [message, rate, answered] = [answer, at, of];
    state = { ...state, gamma: answer.gamma[at] };
    panel.show(state, history);
    bar.remember();
    draw();
  },
  onPick: null,
  onSweep: null,
};
comparing(byId("compare"), byId("words"), byId("pick-bar"), page);
taking(byId("take"), page, sweeping(byId("sweep-bar"), byId("sweep-card"), page).lines);

["arrows", "numbers", "whole"].forEach((id) => byId(id).addEventListener("change", () => draw()));
byId("retry").addEventListener("click", () => ask());
window.addEventListener("focus", () => lost && ask());  // back from another page, which had asked meanwhile
host.worlds().then((worlds) => {
  panel.offer(worlds);
  panel.show(state, history);
}, () => {});
bar.read();

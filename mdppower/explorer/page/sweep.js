// γ from 0 to 1: one run of all rates, played from memory on the map and drawn as lines.

import { chart } from "./chart.js";
import { element } from "./controls.js";
import { isCell, question } from "./state.js";

/** Both ends are among them, and they are denser towards 1, where POWER moves. */
export const RATES = [...Array.from({ length: 19 }, (_, k) => k / 20), 0.95, 0.975, 0.99, 1];
const FRAME = 90;  // milliseconds
const REST = 700;  // at the end, before γ is again what it was
/** What the server computes at most: draws × cells × rates, and cells × rates of likely actions. */
const MOST_WORK = 2 ** 31;
const MOST_LIKELY = 2 ** 14;

/** The rates of a sweep, the present one among them: fewer, from end to end, where all were more than is computed. */
export function ratesFor({ world, draws, view, gamma: [now] = [0] }) {
  const cells = [...world.map].filter((glyph) => glyph !== "\n" && isCell(glyph)).length;
  const room = Math.min(MOST_WORK / draws, view === "optimality" ? MOST_LIKELY : Infinity) / cells;
  const count = Math.min(RATES.length, Math.max(Math.floor(room), 2));
  const rates = Array.from({ length: count }, (_, k) => RATES[Math.round(k * (RATES.length - 1) / (count - 1))]);
  const off = rates.map((rate) => Math.abs(rate - now));
  const near = off.indexOf(Math.min(...off));
  if (near > 0 && near < count - 1) {
    rates[near] = now;
  }
  return rates;
}

/** What a question is about, but for its rates and for what is only read off the same run. */
const subject = (asked) => JSON.stringify({ ...asked, gamma: null, pair: null });

/** Cells whose lines are drawn: those that are picked; else the chosen one, and those of most and least. */
export function linesOf(state, message) {
  if (state.chosen.length) {
    return state.chosen;
  }
  const means = message.mean[Math.floor(message.gamma.length / 2)];
  const order = means.map((_, s) => s).filter((s) => means[s] !== null).sort((a, b) => means[a] - means[b]);
  const ends = order.length ? [order.at(-1), order[0]].map((s) => message.cells[s]) : [];
  return [...(state.selected ? [state.selected] : []), ...ends]
    .filter((cell, k, all) => all.findIndex((one) => String(one) === String(cell)) === k);
}

/** The bar of the page and the card of the lines; `lines()` is their picture with the sweep's answer
 * and question, if it is of the world as it is. */
export function sweeping(bar, card, page) {
  const button = (id, title, act, label = title) => {
    const made = element("button", title, { type: "button", id, "aria-label": label }, bar);
    made.addEventListener("click", act);
    return made;
  };
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let message = null;
  let about = null;
  let of = null;
  let wanted = false;
  let frame = -1;
  let timer = 0;
  let home = null;  // γ before it plays
  let held = false;  // at a frame from which it goes on
  let leaving = 0;  // the timer that goes back there
  const last = () => message.gamma.length - 1;
  const isOld = () => figure.classList.contains("old");

  button("sweep", "Sweep γ", () => {
    rest();
    wanted = true;
    const asked = question(page.state());
    page.ask({ ...asked, gamma: ratesFor(asked) });
  });
  const play = button("play", "Play", () => (timer ? hold() : start()));
  const back = button("step-back", "‹", () => step(-1), "Step to a smaller γ");
  const forth = button("step", "›", () => step(1), "Step to a greater γ");
  const where = element("span", "", { id: "frame" }, bar);
  const hint = element("p", "", { class: "note", id: "sweep-told" }, card);
  const figure = element("div", "", { class: "chart" }, card);
  const lines = chart(figure);

  function rest() {
    clearTimeout(leaving);
    cancelAnimationFrame(timer);
    timer = 0;
    told();
  }

  /** Stay at this frame; a pair that was picked since is asked for, for no frame has it. */
  function hold() {
    rest();
    held = true;
    if (String(question(page.state()).pair) !== String(of.pair)) {
      page.ask();
    }
  }

  function start() {
    clearTimeout(leaving);
    home ??= page.state().gamma;
    frame = held && frame < last() ? frame : 0;
    held = false;
    let due = performance.now() + FRAME;
    const tick = (now) => {
      const next = now < due ? frame : frame + 1;  // none is left out: where drawing takes long, it plays slower
      timer = next < last() ? requestAnimationFrame(tick) : 0;
      if (next !== frame) {
        due = Math.max(due + FRAME, now);
        go(next);
      }
      if (!timer) {
        leaving = setTimeout(goHome, REST);
      }
    };
    timer = requestAnimationFrame(tick);
    go(frame);
  }

  function goHome() {
    if (home === null) {
      return;  // γ was slid, or the world edited, meanwhile
    }
    const [gamma, at] = [home, message.gamma.indexOf(home)];
    home = null;
    if (at >= 0) {
      go(at);
      hold();
      held = false;
    } else {
      page.change({ gamma });
    }
  }

  /** To the next rate of the sweep on that side, also from a γ between two of them. */
  function step(by) {
    rest();
    home = null;
    const [gamma, rates] = [page.state().gamma, message.gamma];
    go(by > 0 ? Math.min(rates.filter((one) => one <= gamma).length, last())
      : Math.max(rates.filter((one) => one < gamma).length - 1, 0));
    hold();
  }

  function go(to) {
    frame = to;
    page.show(message, frame, of);
    told();
  }

  function told() {
    document.body.dataset.playing = String(timer !== 0);
    [play, back, forth].forEach((one) => { one.disabled = !message || isOld(); });
    play.textContent = timer ? "Pause" : "Play";
    play.setAttribute("aria-label", play.textContent);
    const played = message && frame >= 0 && !isOld();
    where.textContent = played ? `γ = ${message.gamma[frame]}, ${frame + 1} of ${last() + 1}` : "";
  }

  /** An answer at several rates is kept; it is shown from the first on, or where an earlier look of it is. */
  page.onSweep = (answer, asked) => {
    message = answer;
    [about, of] = [subject(asked), asked];
    card.hidden = false;
    figure.classList.remove("old");
    if (wanted && !calm.matches) {
      home = page.state().gamma;
      frame = 0;
      start();
    } else {
      go(Math.max(frame, 0));
    }
    wanted = false;
  };

  page.listen((state, shown) => {
    if (!message) {
      return;
    }
    const old = about !== subject(question(state));
    figure.classList.toggle("old", old);
    if (old || shown !== message || state.gamma !== message.gamma[frame]) {
      frame = message.gamma.indexOf(state.gamma);  // what was edited or slid is no frame of it any more
      held = held && shown !== message && !old && frame >= 0;
      home = null;
      cancelAnimationFrame(timer);
      timer = 0;
    }
    told();
    hint.textContent = old ? "These lines are of an earlier world: sweep again." : state.chosen.length
      ? "The cells that are picked." : "The chosen cell, those of most and of least; pick others: Shift-click, or p.";
    lines.draw(message, linesOf(state, message), frame);
  });

  // A number that is typed is not to change under the hand.
  document.getElementById("gamma-number").addEventListener("focus", () => {
    if (timer) {
      hold();
    } else if (home !== null) {
      clearTimeout(leaving);
      goHome();
    }
  });

  told();
  return { lines: () => (message && !figure.hidden && !isOld() ? { svg: lines.svg, message, asked: of } : null) };
}

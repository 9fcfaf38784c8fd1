// POWER over γ of some cells: lines with bands, each named at its end, and the same numbers as a table.

import { element } from "./controls.js";
import { decimal, node, show } from "./looks.js";

/** Tones that stand out from a light page and a dark one; dashes tell the lines apart where colours do not. */
const TONES = ["#0072b2", "#d55e00", "#009e73", "#b0578d", "#7a5fd0", "#8a7000"];
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 2", "12 4"];
export const MOST_LINES = TONES.length;

const MARGIN = { left: 50, right: 66, top: 12, bottom: 40 };
const LINE = 15;

export const QUANTITY = { power: "POWER", difference: "change of POWER", optimality: "probability of being optimal" };

/** Round numbers from least to most, some four of them. */
export function ticks(least, most) {
  const rough = (most - least) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((one) => one >= rough);
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  const made = [];
  for (let k = Math.ceil(least / step - 1e-9); k * step <= most + step * 1e-9; k += 1) {
    made.push([k * step, decimal(k * step, decimals)]);
  }
  return made;
}

/** Heights of labels that would like to be at these, moved apart by so much and kept above the bottom. */
export function spread(wanted, apart, bottom) {
  const order = wanted.map((_, k) => k).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [...wanted];
  order.forEach((k, at) => {
    if (at) {
      placed[k] = Math.max(placed[k], placed[order[at - 1]] + apart);
    }
  });
  let limit = bottom;
  [...order].reverse().forEach((k) => {
    placed[k] = Math.min(placed[k], limit);
    limit = placed[k] - apart;
  });
  return placed;
}

/** The line of a cell: where it is at each rate, and its band; rates without a number are left out. */
function lineOf(message, [row, column]) {
  const s = message.cells.findIndex(([r, c]) => r === row && c === column);
  if (s < 0) {
    return null;
  }
  const points = message.gamma
    .map((gamma, g) => ({ g, gamma, mean: message.mean[g][s], by: message.joint[g][s] ?? 0 }))
    .filter(({ mean }) => mean !== null);
  return points.length ? { name: `(${row}, ${column})`, s, points } : null;
}

export function chart(root) {
  const svg = node("svg", {
    role: "img", "font-family": "system-ui, sans-serif", "font-size": 12, fill: "currentColor",
  }, root);
  const details = element("details", "", {}, root);
  element("summary", "The same as a table", {}, details);
  const about = { class: "scroll", tabindex: 0, role: "group", "aria-label": "Numbers over γ" };
  const scroll = element("div", "", about, details);
  let shown = null;
  let marker = null;
  let place = null;

  function frame(width, height, lines, quantity) {
    const low = lines.flatMap(({ points }) => points.map(({ mean, by }) => mean - by));
    const high = lines.flatMap(({ points }) => points.map(({ mean, by }) => mean + by));
    const [least, most] = [Math.min(...low), Math.max(...high)];
    const room = (most - least) * 0.04 || 0.05;
    const [from, to] = [least - room, most + room];
    const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
    place = {
      right, bottom,
      x: (gamma) => MARGIN.left + gamma * (right - MARGIN.left),
      y: (value) => bottom - ((value - from) / (to - from)) * (bottom - MARGIN.top),
    };
    const grid = node("g", { "stroke-width": 1 }, svg);
    const label = (text, x, y, anchor, more = {}) =>
      node("text", { x, y, "text-anchor": anchor, ...more }, svg).append(text);
    for (const [value, text] of ticks(from, to)) {
      const y = place.y(value);
      node("path", { d: `M${MARGIN.left} ${y}H${right}`, stroke: "#888", "stroke-opacity": 0.35 }, grid);
      label(text, MARGIN.left - 6, y + 4, "end");
    }
    for (const gamma of [0, 0.25, 0.5, 0.75, 1]) {
      node("path", { d: `M${place.x(gamma)} ${bottom}v5`, stroke: "currentColor" }, grid);
      label(decimal(gamma, gamma % 1 ? 2 : 0), place.x(gamma), bottom + 18, "middle");
    }
    node("path", { d: `M${MARGIN.left} ${bottom}H${right}`, stroke: "currentColor" }, grid);
    label("discount rate γ", (MARGIN.left + right) / 2, height - 5, "middle");
    label(quantity, 12, (MARGIN.top + bottom) / 2, "middle", {
      transform: `rotate(-90 12 ${(MARGIN.top + bottom) / 2})`,
    });
  }

  function plot(lines) {
    const { x, y, right, bottom } = place;
    const path = (points) => points.map(([h, v], k) => `${k ? "L" : "M"}${h.toFixed(1)} ${v.toFixed(1)}`).join("");
    lines.forEach(({ points }, k) => {
      const upper = points.map(({ gamma, mean, by }) => [x(gamma), y(mean + by)]);
      const lower = points.map(({ gamma, mean, by }) => [x(gamma), y(mean - by)]).reverse();
      node("path", { d: `${path([...upper, ...lower])}Z`, fill: TONES[k], "fill-opacity": 0.2 }, svg);
    });
    const ends = lines.map(({ points }) => y(points.at(-1).mean));
    const heights = spread(ends, LINE, bottom);
    lines.forEach(({ name, points }, k) => {
      const middle = points.map(({ gamma, mean }) => [x(gamma), y(mean)]);
      const way = path([...middle, [right + 14, heights[k]], [right + 22, heights[k]]]);
      node("path", { d: way, fill: "none", stroke: TONES[k], "stroke-width": 2, "stroke-dasharray": DASHES[k] }, svg);
      node("text", { x: right + 26, y: heights[k] + 4 }, svg).append(name);
    });
    marker = node("g", {}, svg);
  }

  function mark(lines, rate) {
    const { x, y, bottom } = place;
    marker.replaceChildren();
    if (rate < 0) {
      return;
    }
    const at = x(shown.message.gamma[rate]);
    node("path", { d: `M${at} ${MARGIN.top}V${bottom}`, stroke: "currentColor" }, marker);
    lines.forEach(({ points }, k) => {
      const point = points.find(({ g }) => g === rate);
      if (point) {
        node("circle", { cx: at, cy: y(point.mean), r: 4, fill: TONES[k], stroke: "currentColor" }, marker);
      }
    });
  }

  function tabulate({ message, lines }) {
    const table = element("table", "");
    element("caption", `${QUANTITY[message.view]} ± 95 %, all cells and rates at once`, {}, table);
    const head = element("tr", "", {}, element("thead", "", {}, table));
    ["γ", ...lines.map(({ name }) => name)].forEach((name) => element("th", name, { scope: "col" }, head));
    const body = element("tbody", "", {}, table);
    message.gamma.forEach((gamma, g) => {
      const row = element("tr", "", {}, body);
      element("th", String(gamma), { scope: "row" }, row);
      lines.forEach(({ s }) => element("td", show(message.mean[g][s], message.joint[g][s]), {}, row));
    });
    scroll.replaceChildren(table);
  }

  function redraw() {
    const { message, lines, rate } = shown;
    const width = Math.max(280, Math.min(root.clientWidth, 680));
    const height = Math.round(Math.min(320, 150 + width / 4));
    const quantity = QUANTITY[message.view];
    const about = `${quantity} over γ from ${message.gamma[0]} to ${message.gamma.at(-1)} of cells `
      + `${lines.map(({ name }) => name).join(", ")}; bands: 95 %, all at once`;
    svg.replaceChildren();
    Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, "aria-label": about })
      .forEach(([key, value]) => svg.setAttribute(key, value));
    frame(width, height, lines, quantity);
    plot(lines);
    mark(lines, rate);
  }

  new ResizeObserver(() => shown && redraw()).observe(root);

  return {
    svg,
    /** Draw the lines of these cells, and mark a rate, if it is not −1. Between frames only the mark moves. */
    draw(message, cells, rate) {
      const same = shown && shown.message === message && String(shown.cells) === String(cells);
      const chosen = cells.slice(0, MOST_LINES);
      const lines = same ? shown.lines : chosen.map((cell) => lineOf(message, cell)).filter(Boolean);
      shown = lines.length ? { message, cells, lines, rate } : null;
      root.hidden = !shown;
      if (same) {
        mark(lines, rate);
      } else if (shown) {
        redraw();
        tabulate(shown);
      }
    },
  };
}

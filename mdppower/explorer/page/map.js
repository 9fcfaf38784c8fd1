// The map: a grid of cells in SVG, built once for its shape, then only updated; painted by pointer and by keys.

import { cellName, hatch, node, paintCell, READABLE, ROOMY, set, together, UNIT } from "./looks.js";
import { isCell, isKnown, rowsOf } from "./state.js";

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const BELOW = 205;  // pixels, for the legend, the key and the hints
const OF_A_CELL = ["mean", "half", "joint", "arrow", "sure", "verdict"];

export function mapView(root, on) {
  const svg = node("svg", {
    // Browsers let one stop at what listens to the focus; the stop is the cell.
    role: "grid", tabindex: -1, "aria-label": "map", "aria-multiselectable": "true", "aria-describedby": "keys",
    "font-family": "system-ui, sans-serif", "text-anchor": "middle",
    "stroke-linecap": "round", "stroke-linejoin": "round",
  }, root);
  hatch(node("defs", {}, svg));
  const rulers = node("g", { "aria-hidden": "true", fill: "currentColor" }, svg);
  const body = node("g", {}, svg);
  const ring = node("g", { "data-cursor": "", "aria-hidden": "true", fill: "none", "pointer-events": "none" }, svg);
  const halo = node("rect", { x: 1, y: 1, width: UNIT - 2, height: UNIT - 2, rx: 4, stroke: "#fff" }, ring);
  const line = node("rect", { x: 1, y: 1, width: UNIT - 2, height: UNIT - 2, rx: 4, stroke: "#000" }, ring);

  const flag = node("rect", {
    x: 3, y: 3, width: UNIT - 6, height: UNIT - 6, rx: 4, fill: "none", stroke: "#d00000", "stroke-width": 5,
    "stroke-dasharray": "9 6", display: "none", "pointer-events": "none", "aria-hidden": "true",
    "data-cursor": "",
  }, svg);

  let cells = [];
  let size = [0, 0];
  let shown = null;
  let place = [0, 0];
  let painting = null;
  let step = UNIT;  // pixels of a cell

  function build(rows, columns) {
    size = [rows, columns];
    place = [Math.min(place[0], rows - 1), Math.min(place[1], columns - 1)];
    cells = Array.from({ length: rows }, () => []);
    body.replaceChildren(...cells.map((row, r) => {
      const group = node("g", { role: "row", "aria-label": `row ${r}` });
      for (let c = 0; c < columns; c += 1) {
        const cell = node("g", {
          role: "gridcell", "data-row": r, "data-column": c, tabindex: -1,
          transform: `translate(${c * UNIT} ${r * UNIT})`,
        }, group);
        const rect = node("rect", { x: 0.8, y: 0.8, width: UNIT - 1.6, height: UNIT - 1.6, rx: 3 }, cell);
        row.push({ cell, rect, parts: {} });
      }
      return group;
    }));
    svg.setAttribute("aria-rowcount", rows);
    svg.setAttribute("aria-colcount", columns);
    focusable(true);
  }

  const focusable = (yes) => cells[place[0]]?.[place[1]]?.cell.setAttribute("tabindex", yes ? 0 : -1);

  /** Fit the map into its room, and measure what can be read in a cell. */
  function fit() {
    const [rows, columns] = size;
    if (!rows) {
      return;
    }
    // Beside the controls all of it is seen at once with its key; a map of many rows takes more, up to what is read.
    const ruler = 18;
    const tall = Math.max(260, Math.min(0.78 * window.innerHeight, 760));
    const above = root.getBoundingClientRect().top + window.scrollY;
    const room = window.innerWidth > 960 ? Math.max(260, Math.min(window.innerHeight - above - BELOW, 760)) : tall;
    const high = Math.max((room - ruler) / rows, Math.min((tall - ruler) / rows, READABLE));
    step = Math.max(11, Math.min((root.clientWidth - ruler - 2) / columns, high, 84));
    const scale = UNIT / step;
    const pad = ruler * scale;
    set(svg, {
      viewBox: `${-pad} ${-pad} ${columns * UNIT + pad + 1} ${rows * UNIT + pad + 1}`,
      width: Math.round((columns * UNIT + pad + 1) / scale), height: Math.round((rows * UNIT + pad + 1) / scale),
    });
    const every = step >= 20 ? 1 : 5;
    const label = (text, x, y, anchor) => Object.assign(
      node("text", { x, y, "text-anchor": anchor, "font-size": 11 * scale }), { textContent: text });
    const counted = (count) => Array.from({ length: count }, (_, i) => i).filter((i) => i % every === 0);
    rulers.replaceChildren(
      ...counted(columns).map((c) => label(c, (c + 0.5) * UNIT, -5 * scale, "middle")),
      ...counted(rows).map((r) => label(r, -5 * scale, (r + 0.5) * UNIT + 4 * scale, "end")),
    );
    set(halo, { "stroke-width": 5 * scale });
    set(line, { "stroke-width": 2.4 * scale });
    on.fit({ numbers: step >= READABLE, arrows: step >= ROOMY });
    if (shown) {
      paintAll();
    }
  }

  function paintAll() {
    const { state, message, rate, look } = shown;
    const rows = rowsOf(state.world);
    const index = new Map((message?.cells ?? []).map(([r, c], i) => [r * 64 + c, i]));
    const values = message && OF_A_CELL.map((key) => [key, message[key]?.[rate]]);
    set(body, { "font-style": message?.provisional || message?.preview ? "italic" : null });
    const chosen = new Set(state.chosen.map(([r, c]) => r * 64 + c));
    const isNew = new Set((message?.new ?? []).map(([r, c]) => r * 64 + c));
    const { numbers, arrows, colour } = look;
    rows.forEach((row, r) => [...row].forEach((glyph, c) => {
      const i = values && isCell(glyph) ? index.get(r * 64 + c) : undefined;
      const number = i === undefined ? null : Object.fromEntries(values.map(([key, list]) => [key, list?.[i]]));
      const fill = number && number.mean !== null ? colour(number.mean, i) : null;
      const [pick, fresh] = [chosen.has(r * 64 + c), isNew.has(r * 64 + c) && isCell(glyph)];
      const entry = cells[r][c];
      const seen = Object.values(number ?? {});
      const is = [glyph, fill, pick, fresh, step, numbers, arrows, message?.view, message?.gamma.length, ...seen].join();
      if (entry.is !== is) {  // most cells stay as they are
        entry.is = is;
        paintCell(entry, glyph, number, fill, { numbers, arrows, step, pick, fresh, actions: message?.actions });
        const name = cellName(r, c, glyph, number, message?.view, together(message));
        entry.cell.setAttribute("aria-selected", pick);
        entry.cell.setAttribute("aria-label", fresh ? `${name}, new since the pin` : name);
      }
    }));
    markPlace();
  }

  function markPlace() {
    set(ring, { transform: `translate(${place[1] * UNIT} ${place[0] * UNIT})` });
  }

  function move(r, c, focus) {
    focusable(false);
    place = [r, c];
    focusable(true);
    markPlace();
    if (focus) {
      cells[r][c].cell.focus({ preventScroll: true });
      cells[r][c].cell.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    }
    on.select(r, c);
  }

  /** The cell under the pointer; null outside. */
  function cellAt(event) {
    const { a: pixels, e: left, f: top } = body.getScreenCTM();
    const [r, c] = [event.clientY - top, event.clientX - left].map((at) => Math.floor(at / pixels / UNIT));
    return r >= 0 && c >= 0 && r < size[0] && c < size[1] ? [r, c] : null;
  }

  svg.addEventListener("pointerdown", (event) => {
    const at = cellAt(event);
    if (!at || event.button !== 0) {
      return;
    }
    event.preventDefault();
    move(...at, true);
    if (event.shiftKey) {
      on.pick(...at);
    } else if (on.tool() !== null) {
      svg.setPointerCapture(event.pointerId);
      painting = { last: at, glyph: on.paint(...at, null) };
    }
  });
  svg.addEventListener("pointermove", (event) => {
    const at = cellAt(event);
    on.hover(...(at ?? [null, null]));
    if (!painting || !at) {
      return;
    }
    const [r, c] = painting.last;
    const steps = Math.max(Math.abs(at[0] - r), Math.abs(at[1] - c));
    for (let i = 1; i <= steps; i += 1) {
      on.paint(Math.round(r + (at[0] - r) * i / steps), Math.round(c + (at[1] - c) * i / steps), painting.glyph);
    }
    painting.last = at;
  });
  const rest = () => { painting = null; };
  svg.addEventListener("pointerup", rest);
  svg.addEventListener("pointercancel", rest);
  svg.addEventListener("pointerleave", () => on.hover(null, null));
  svg.addEventListener("focusin", (event) => {
    const { row, column } = event.target.dataset ?? {};
    if (row !== undefined && (Number(row) !== place[0] || Number(column) !== place[1])) {
      move(Number(row), Number(column), false);
    }
  });

  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const [r, c] = place;
    const { key } = event;
    const clamp = (value, most) => Math.min(Math.max(value, 0), most - 1);
    if (key in KEYS) {
      move(clamp(r + KEYS[key][0], size[0]), clamp(c + KEYS[key][1], size[1]), true);
    } else if (key === "Home" || key === "End") {
      move(r, key === "Home" ? 0 : size[1] - 1, true);
    } else if (key === "p") {
      on.pick(r, c);
    } else if (key === "Enter" || key === " ") {
      on.paint(r, c, null);
    } else if (key === "Delete" || key === "Backspace") {
      on.paint(r, c, " ", true);
    } else if (key.length === 1 && isKnown(key)) {
      on.paint(r, c, key, true);
    } else {
      return;
    }
    event.preventDefault();
  });
  new ResizeObserver(fit).observe(root);
  window.addEventListener("resize", fit);

  return {
    svg,
    /** Draw the world, and the numbers of a message at one of its rates; look: {colour(value), arrows, numbers}. */
    draw(state, message, rate, look) {
      const rows = rowsOf(state.world);
      const fresh = rows.length !== size[0] || rows[0].length !== size[1];
      shown = { state, message, rate, look };
      if (fresh) {
        const focused = svg.contains(document.activeElement);
        build(rows.length, rows[0].length);
        fit();
        if (focused) {
          cells[place[0]][place[1]].cell.focus({ preventScroll: true });
        }
      } else {
        paintAll();
      }
    },
    /** Show that the numbers are of an older question. */
    fade(yes) {
      root.classList.toggle("old", yes);
    },
    /** Ring the cell that an error is about; null for none. */
    flag(at) {
      body.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
      const cell = at && cells[at[0]]?.[at[1]]?.cell;
      cell?.setAttribute("aria-invalid", "true");
      set(flag, { display: cell ? null : "none", transform: cell ? cell.getAttribute("transform") : null });
    },
    /** Whether the pointer only looks; then a finger may scroll the page over the map. */
    looking(yes) {
      root.classList.toggle("looking", yes);
    },
    place: () => place,
    /** End a stroke before the pointer does. */
    lift: rest,
    /** Choose a cell, without the keyboard's focus. */
    mark(r, c) {
      if (cells[r]?.[c]) {
        focusable(false);
        place = [r, c];
        focusable(true);
        markPlace();
      }
    },
  };
}

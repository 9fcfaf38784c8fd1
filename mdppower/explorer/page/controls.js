// What is asked, as controls: they tell what was changed, and show a state; nothing is kept here.

import { COMPASS, isLetter, marksOf, MOST, readMap, rowsOf, STEPS, WORLD } from "./state.js";

const DRAWS = [256, 1024, 4096, 16384, 65536];
const LETTERS = [..."abcdefghijklmnopqrstuwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const byId = (id) => document.getElementById(id);

/** An element with a text and attributes, in a parent if there is one. */
export function element(tag, text = "", attributes = {}, parent = null) {
  const made = Object.assign(document.createElement(tag), { textContent: text });
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  parent?.append(made);
  return made;
}

/** Put a text into a field, but not while it is typed in. */
function fill(input, value) {
  if (!("typing" in input.dataset)) {
    input.value = value;
  }
}

/** A number as one types it: 0.9, .9, 1e-3; undefined for anything else, and for what is too large to be one. */
function typed(text) {
  const number = /^\s*[-−+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text.replace("−", "-")) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** "N=0.1, stay=0.05" as {N: 0.1, stay: 0.05}; undefined for anything else. */
function biasIn(text) {
  const parts = text.split(",").filter((part) => part.trim()).map((part) => part.split("=").map((one) => one.trim()));
  const names = parts.map(([step]) => step);
  const fits = parts.every((part) => part.length === 2 && STEPS.includes(part[0]) && typed(part[1]) !== undefined);
  return fits && new Set(names).size === names.length
    ? Object.fromEntries(parts.map(([step, amount]) => [step, typed(amount)])) : undefined;
}

const biasText = (bias) => Object.entries(bias).map(([step, amount]) => `${step}=${amount}`).join(", ");

export function controls(root, on) {
  let state = null;
  let past = null;
  let slid = null;  // the world that a slide has made, as long as it lasts
  const field = (name) => [...root.querySelectorAll("[data-field]")].find((one) => one.dataset.field === name);

  /** Change the state by what a control says; what cannot be read stays where it was typed, with a word beside it. */
  function number(name, text, use) {
    const value = typed(text);
    if (value === undefined) {
      on.problem(name, `a number is needed, as 0.9, not "${text.slice(0, 40)}"`);
    } else {
      use(value);
    }
  }

  root.addEventListener("input", ({ target }) => target.matches("input:not([type])") && (target.dataset.typing = ""));
  root.addEventListener("change", ({ target }) => delete target.dataset.typing, true);
  root.addEventListener("focusout", ({ target }) => {
    delete target.dataset.typing;  // what was typed was taken back
    if (!target.checkVisibility()) {  // where the control that has the focus is taken away, one that is near gets it
      const near = [target.parentElement, target.closest(".card")]
        .flatMap((scope) => [...scope?.querySelectorAll("button, input[id], select") ?? []]);
      queueMicrotask(() => near.find((one) => !one.disabled && one.checkVisibility())?.focus());
    }
  });

  /** Other options of the world, which undo takes back; a slide is one step. */
  const world = (part, slides = false) => {
    const made = { ...state.world, ...part };
    if (JSON.stringify(made) !== JSON.stringify(state.world)) {
      if (!slides || slid !== state.world) {  // which is another one after an undo
        past.push({ world: state.world });
      }
      slid = slides ? made : null;
      on.change({ world: made });
    }
  };
  const both = (id, name, use) => {
    byId(id).addEventListener("input", (event) => use(Number(event.target.value), true));
    ["change", "pointerdown"].forEach((ends) => byId(id).addEventListener(ends, () => { slid = null; }));
    byId(`${id}-number`).addEventListener("change", (event) => number(name, event.target.value, use));
  };
  both("gamma", "gamma", (gamma) => on.change({ gamma }));
  both("slip", "world.slip", (slip, slides) => world({ slip }, slides));
  byId("stay").addEventListener("change", (event) => world({ stay: event.target.checked }));
  byId("wrap").addEventListener("change", (event) => world({ wrap: event.target.checked }));
  byId("blocked").addEventListener("change", (event) => world({ blocked: event.target.value }));
  byId("bias").addEventListener("change", ({ target }) => {
    const bias = biasIn(target.value);
    if (bias) {
      world({ bias });
    } else {
      const names = `${STEPS.slice(0, -1).join(", ")} or stay`;
      on.problem("world.bias", `parts of ${names} are needed, each once, as N=0.1, not "${target.value.slice(0, 40)}"`);
    }
  });
  const steps = [...root.querySelectorAll("[name=move]")];
  steps.forEach((box) => box.addEventListener("change", () => {
    const chosen = steps.filter((one) => one.checked).map((one) => one.value);
    if (!chosen.some((step) => COMPASS.includes(step))) {
      on.problem("world.moves", "one of north, east, south and west is needed");
      return;
    }
    const kept = [...state.world.moves].filter((step) => COMPASS.includes(step) && chosen.includes(step));
    world({ moves: [...new Set([...kept, ...chosen])].join("") });  // in the order of the link, then of the boxes
  }));

  /** Other laws, which undo takes back. */
  const rewards = (part) => {
    past.push({ rewards: state.rewards });
    on.change({ rewards: { ...state.rewards, ...part } });
  };
  byId("law").addEventListener("change", ({ target }) => rewards({ default: target.value.trim() || "uniform" }));
  function law(mark, text) {
    const marks = { ...state.rewards.marks, [mark]: text.trim() };
    if (!marks[mark]) {
      delete marks[mark];
    }
    rewards({ marks });
  }

  DRAWS.forEach((count) => byId("draws").append(element("option", count.toLocaleString("en"), { value: count })));
  byId("draws").addEventListener("change", (event) => on.change({ draws: Number(event.target.value) }));
  const reseed = (seed) => on.change({ seed });
  byId("seed").addEventListener("change", (event) => number("seed", event.target.value, reseed));
  byId("again").addEventListener("click", () => reseed(Math.abs(state.seed) < 1e15 ? state.seed + 1 : 0));
  byId("sampler").addEventListener("change", (event) => on.change({ sampler: event.target.value }));

  const size = () => number("size", byId("rows").value, (rows) => number("size", byId("columns").value, (columns) => {
    if ([rows, columns].every((count) => Number.isInteger(count) && count >= 1 && count <= MOST)) {
      on.resize(rows, columns);
    } else {
      on.problem("size", `rows and columns are whole numbers from 1 to ${MOST}`);
    }
  }));
  byId("rows").addEventListener("change", size);
  byId("columns").addEventListener("change", size);
  byId("undo").addEventListener("click", () => on.undo());
  byId("redo").addEventListener("click", () => on.redo());
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    const typing = event.target.matches("input:not([type]), textarea");
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !typing) {
      event.preventDefault();
      (key === "z" && !event.shiftKey ? on.undo : on.redo)();
    }
  });

  byId("file-button").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";  // or the same file could not be opened again
    if (!file) {
      return;
    }
    const { map, problem, place } = file.size > 65536 ? { problem: "the file is larger than any map of 64 × 64" }
      : readMap(await file.text());
    if (problem) {
      on.refuse("open", `${[file.name, place].filter(Boolean).join(", ")}: ${problem}`);
    } else {
      on.open({ ...WORLD, map });
    }
  });
  let named = [];
  byId("world").addEventListener("change", (event) => {
    const chosen = named.find((one) => one.name === event.target.value);
    if (chosen) {
      on.open({ ...WORLD, ...chosen.options, map: readMap(chosen.map).map });
    }
  });

  LETTERS.forEach((letter) => byId("mark-letter").append(element("option", letter)));
  const tools = byId("tools");
  byId("mark-letter").addEventListener("change", (event) => {
    byId("mark-swatch").textContent = event.target.value;
    tools.querySelector("[value=mark]").click();
  });
  tools.addEventListener("change", () => on.tool?.(tool()));
  if (window.matchMedia("(pointer: coarse)").matches) {
    tools.querySelector("[value=look]").checked = true;  // a finger that scrolls would draw walls
  }

  /** The glyph that the chosen tool paints; null if it only looks. */
  function tool() {
    const { value } = tools.querySelector("[name=tool]:checked");
    return value === "look" ? null : value === "mark" ? byId("mark-letter").value : value;
  }

  /** One field for the law of each mark on the map. */
  function showMarks() {
    const pinned = state.view === "difference" ? state.pinned : null;  // the laws of its marks are asked with, too
    const marks = marksOf({ map: state.world.map + (pinned?.map ?? "") });
    const box = byId("marks");
    if (box.dataset.marks !== marks.join("")) {
      box.dataset.marks = marks.join("");
      box.replaceChildren(...marks.map((mark) => {
        const line = element("div", "", { class: "field row", "data-field": `rewards.marks.${mark}` });
        const name = isLetter(mark) ? `Mark ${mark}` : `${mark === "*" ? "Exits" : "Pits"} (${mark})`;
        const input = element("input", "", {
          id: `law-${mark}`, class: "law", list: "laws", autocomplete: "off", spellcheck: "false",
          "aria-describedby": "rewards-told",
        });
        input.addEventListener("change", () => law(mark, input.value));
        line.append(element("label", name, { for: `law-${mark}` }), input);
        return line;
      }));
    }
    marks.forEach((mark) => {
      const input = byId(`law-${mark}`);
      fill(input, state.rewards.marks[mark] ?? "");
      input.placeholder = state.rewards.default;
    });
  }

  return {
    tool,
    /** Offer the named worlds. */
    offer(worlds) {
      named = worlds;
      const list = byId("world");
      worlds.forEach(({ name, description: title }) => element("option", name, { value: name, title }, list));
    },
    /** Show a state in all controls. */
    show(newest, history) {
      [state, past] = [newest, history];
      const { slip, bias, moves, stay, wrap, blocked, map } = state.world;
      for (const [id, value] of [["gamma", state.gamma], ["slip", slip]]) {
        byId(id).value = value;
        byId(id).setAttribute("aria-valuetext", String(value));
        fill(byId(`${id}-number`), String(value));
      }
      const [letters, diagonals] = moves.split("+");
      steps.forEach((box) => {
        box.checked = COMPASS.includes(box.value) ? letters.includes(box.value) : Boolean(diagonals);
      });
      byId("stay").checked = stay;
      byId("wrap").checked = wrap;
      byId("blocked").value = blocked;
      fill(byId("bias"), biasText(bias));
      fill(byId("law"), state.rewards.default);
      showMarks();
      if (!DRAWS.includes(state.draws) && !byId("draws").querySelector(`[value="${state.draws}"]`)) {
        byId("draws").append(element("option", state.draws.toLocaleString("en"), { value: state.draws }));
      }
      byId("draws").value = String(state.draws);
      fill(byId("seed"), String(state.seed));
      byId("sampler").value = state.view === "power" ? state.sampler : "iid";
      byId("sampler").disabled = state.view !== "power";
      byId("sampler-told").hidden = state.view === "power";
      fill(byId("rows"), rowsOf(state.world).length);
      fill(byId("columns"), rowsOf(state.world)[0].length);
      byId("world").value = named.find((one) => readMap(one.map).map === map)?.name ?? "";
      byId("undo").setAttribute("aria-disabled", !past.canUndo());  // disabled, they would lose the focus
      byId("redo").setAttribute("aria-disabled", !past.canRedo());
    },
    /** One sentence by the control of a field, or at the foot of the window; null takes all away. */
    error(name, sentence, kind = "error") {
      root.querySelectorAll(".error, .told").forEach((one) => one.remove());
      root.querySelectorAll("[aria-invalid]").forEach((one) => {
        one.removeAttribute("aria-invalid");
        const hint = one.getAttribute("aria-describedby")?.replace(/^error ?/, "");
        one.removeAttribute("aria-describedby");
        if (hint) {
          one.setAttribute("aria-describedby", hint);
        }
      });
      const near = name?.replace("world.stay", "world.moves").replace(/^(pair|pinned).*$/, "pinned")
        .replace(/^(world\.bias).*$/, "$1");
      const place = sentence && near ? field(near) : null;
      const box = place?.getBoundingClientRect();
      const seen = Boolean(box) && box.bottom > 0 && box.top < window.innerHeight;
      byId("problem").textContent = sentence && !seen ? sentence : "";
      byId("problem").hidden = !sentence || seen;
      if (place) {
        place.append(element("p", sentence, { class: kind, id: kind, role: kind === "error" ? "alert" : "status" }));
        if (kind !== "error") {
          return;
        }
        if (place.contains(document.activeElement)) {  // who types there has no pointer elsewhere
          byId("error").scrollIntoView({ block: "nearest" });
        }
        const input = place.querySelector("input:not([type]), select") ?? place.querySelector("input");
        input?.setAttribute("aria-invalid", "true");
        input?.setAttribute("aria-describedby", `error ${input.getAttribute("aria-describedby") ?? ""}`.trim());
      }
    },
  };
}

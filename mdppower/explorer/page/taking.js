// The buttons that copy and save what is shown, and pictures that stand alone.

import { QUANTITY } from "./chart.js";
import { element } from "./controls.js";
import { decimal, decimals, node } from "./looks.js";
import { optionsApart, question, solid, WORLD } from "./state.js";
import { csv, mapText, python, shell } from "./take.js";

const INK = "#1b1b1f";
const PAPER = "#ffffff";
const PAD = 16;
const LINE = 18;
const STEPS = 48;
const SAMPLERS = { latin: "Latin hypercube", sobol: "Sobol", iid: "independent" };
/** Of which kind the limits of a table are: the library's tables have them so. */
const LIMITS = { power: "each alone", difference: "all at once", optimality: "each alone" };
const OF_ANSWER = ["copy-python", "copy-shell", "save-csv", "save-svg", "save-png"];
const PROVISIONAL = "The table can be saved when all draws are done";
const NO_TEXT = "# what is shown is not the answer to what is asked";
const STALE = "What is shown is not the answer to what is asked: only Map and Link can be taken.";
const FILES = { power: "power", difference: "change", optimality: "likely" };
/** Of the live page, for its tools and its readers; a picture has neither. */
const OF_THE_PAGE = ["tabindex", "role", "pointer-events", "class", "style", "data-row", "data-column", "data-cell"];

/** A copy of a picture without what only the page needs. */
function bare(svg) {
  const copy = svg.cloneNode(true);
  copy.querySelectorAll("script, foreignObject, [display=none], [data-cursor]").forEach((one) => one.remove());
  [copy, ...copy.querySelectorAll("*")].forEach((one) => {
    [...one.attributes].map(({ name }) => name)
      .filter((name) => OF_THE_PAGE.includes(name) || name.startsWith("aria-") || name.startsWith("on"))
      .forEach((name) => one.removeAttribute(name));
  });
  return copy;
}

/** The colours from least to most under a picture, each end with its number. */
function legend(parent, { at, least, most }, y, width) {
  const room = width / STEPS;
  for (let k = 0; k < STEPS; k += 1) {
    node("rect", { x: k * room, y, width: room + 0.5, height: 12, fill: at((k + 0.5) / STEPS) }, parent);
  }
  const text = (words, x, anchor) => node("text", { x, y: y + 27, "text-anchor": anchor }, parent).append(words);
  text(least, 0, "start");
  text(most, width, "end");
}

/** Lines of so many letters at most. */
function wrapped(text, most) {
  return text.split(" ").reduce((made, word) => {
    const longer = made.length ? `${made.at(-1)} ${word}` : word;
    return made.length && longer.length > most ? [...made, word] : [...made.slice(0, -1), longer];
  }, []);
}

/**
 * A picture as a file of its own: dark on white, with a title, what its colours mean, and lines that say what was
 * computed. about: {title, lines, scale: {at(share), least, most} or null}.
 */
export function svgText(svg, { title = "", lines = [], scale = null } = {}) {
  const picture = bare(svg);
  const [across, down] = ["width", "height"].map((name) => Number(svg.getAttribute(name)));
  const width = Math.max(across, 480);
  const under = PAD + 28 + down + 14;
  const words = lines.flatMap((line) => wrapped(line, Math.floor(width / 6.8)));
  const below = under + (scale ? 44 : 0);
  const height = below + words.length * LINE + PAD;
  const whole = node("svg", {
    width: width + 2 * PAD, height, viewBox: `0 0 ${width + 2 * PAD} ${height}`, color: INK, fill: INK,
    "font-family": "system-ui, sans-serif", "font-size": 13,
  });
  node("title", {}, whole).append(title);
  node("rect", { width: width + 2 * PAD, height, fill: PAPER }, whole);
  node("text", { x: PAD, y: PAD + 12, "font-size": 16, "font-weight": 600 }, whole).append(title);
  picture.setAttribute("x", PAD + (width - across) / 2);
  picture.setAttribute("y", PAD + 28);
  whole.append(picture);
  if (scale) {
    legend(node("g", { transform: `translate(${PAD} 0)` }, whole), scale, under, width);
  }
  words.forEach((line, k) => node("text", { x: PAD, y: below + (k + 0.7) * LINE }, whole).append(line));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(whole)}\n`;
}

/** The raster of a picture, two dots a pixel. */
export async function png(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function save(name, type, content) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** What a message and its question are about, in lines under a picture: at one rate, or at all (−1). */
function captionOf(asked, message, rate) {
  const { world, rewards } = asked;
  const halves = message.joint[rate] ?? message.joint.flat();
  const known = halves.filter((half) => half !== null);
  const most = Math.max(...known);
  const where = known.length < halves.length ? " where it is known" : "";
  const bias = Object.entries(world.bias).map((part) => part.join("=")).join(" ");
  const told = [["slip", world.slip, 0], ["bias", bias, ""], ["moves", world.moves, "NESW"],
    ["blocked", world.blocked, "stay"]]
    .filter(([, value, plain]) => value !== plain).map(([name, value]) => `${name} ${value}`);
  const laws = [rewards.default, ...Object.entries(rewards.marks).map((pair) => pair.join(": "))].join("; ")
    .replaceAll(", ", ",\u00a0");
  const all = message.gamma.length > 1 ? "all cells and rates" : "all cells";
  const count = (number) => number.toLocaleString("en");
  const so = message.provisional ? `provisional, ${count(message.draws)} of ${count(message.of)}` : "";
  const draws = `${so || count(message.draws)} draws (${SAMPLERS[message.sampler]}, seed ${asked.seed})`;
  return [
    `${rate < 0 ? "" : `γ = ${message.gamma[rate]}; `}${draws}; rewards ${laws}`,
    known.length ? `± ${decimal(most, decimals(most))} at most${where}: 95 %, ${all} at once` : "± is not known",
    [...told, ...(world.stay ? [] : ["no stay"]), ...(world.wrap ? ["wrapped"] : [])].join(", "),
  ].filter(Boolean);
}

/** What was saved, and what of it the file does not say. */
function savedInWords(id, title, message, { world, rewards }) {
  if (id === "csv") {
    return `Saved: CSV. Its limits, lower and upper: 95 %, ${LIMITS[message.view]}.`;
  }
  const lost = optionsApart(world, WORLD)
    .concat(rewards.default === "uniform" && !Object.keys(rewards.marks).length ? [] : ["laws"]);
  const less = id === "map" && lost.length > 0;
  return less ? `Saved: Map, without ${lost.join(", ")}; Link keeps them.` : `Saved: ${title}.`;
}

/** The section of the page; lines() is the picture of a sweep with its answer and question, or null. */
export function taking(root, page, lines) {
  /** What is shown answers this; the pair may be picked since. */
  const asked = () => ({ ...page.answered(), pair: question(page.state()).pair });
  const row = (title) => {
    const group = element("div", "", { class: "buttons", role: "group", "aria-label": title }, root);
    element("span", title, {}, group);
    return group;
  };
  const told = element("p", "", { role: "status", id: "take-told", class: "note" });
  const refused = element("textarea", "", {
    readonly: "", rows: 6, hidden: "", id: "take-text", "aria-label": "Text to copy",
  });
  const buttons = {};
  const button = (group, id, title, act) => {
    buttons[id] = element("button", title, { type: "button", id }, group);
    buttons[id].addEventListener("click", () => act(page.message(), asked()));
  };

  async function copy(title, text) {
    try {
      await navigator.clipboard.writeText(text);
      refused.hidden = true;
      const where = title === "Link" ? ` It opens where mdppower explore runs, on port ${location.port}.` : "";
      told.textContent = `Copied: ${title}.${where}`;
    } catch {
      refused.value = text;
      refused.hidden = false;
      refused.select();
      told.textContent = "The browser lets no page copy here: press Ctrl+C, the text is selected.";
    }
  }

  function picture() {
    const [message, rate, { least, most, colour, title }] = [page.message(), page.rate(), page.scale()];
    const digits = Math.max(2, decimals((most - least) / 4));
    const ends = { least: decimal(least, digits), most: decimal(most, digits) };
    const scale = { ...ends, at: (share) => colour(least + share * (most - least)) };
    const lines = [page.scale().key, ...captionOf(page.answered(), message, rate)].filter(Boolean);
    return svgText(page.map.svg, { title, lines, scale });
  }

  const texts = [["python", "Python", python], ["shell", "Shell command", shell]];
  const copies = row("Copy");
  texts.forEach(([id, title, made]) => button(copies, `copy-${id}`, title, (_, asked) => copy(title, made(asked))));
  button(copies, "copy-link", "Link", () => copy("Link", page.link()));
  const saves = row("Save");
  const saver = (id, title, type, made) => button(saves, `save-${id}`, title, async (message, asked) => {
    save(id === "map" ? "map.txt" : `${FILES[message.view]}.${id}`, type, await made(message, asked));
    told.textContent = savedInWords(id, title, message, page.state());
  });
  saver("csv", "CSV", "text/csv", csv);
  saver("svg", "SVG", "image/svg+xml", picture);
  saver("png", "PNG", "image/png", () => png(picture()));
  saver("map", "Map", "text/plain", () => mapText({ map: solid(page.state().world.map) }));
  button(saves, "save-lines", "Lines (SVG)", () => {
    const { svg, message, asked: of } = lines();
    const about = { title: `${QUANTITY[message.view]} over γ`, lines: captionOf(of, message, -1) };
    save("sweep.svg", "image/svg+xml", svgText(svg, about));
  });
  root.append(told, refused);
  const shown = texts.map(([id, title, made]) => {
    const details = element("details", "", {}, root);
    element("summary", title, {}, details);
    return [made, element("pre", "", { id: `text-${id}`, tabindex: 0, role: "group", "aria-label": title }, details)];
  });

  let last = "";
  let reason = "";
  page.listen((state, message) => {
    const current = page.current();
    OF_ANSWER.forEach((id) => {
      buttons[id].disabled = !current || (id === "save-csv" && message.provisional);
      buttons[id].title = !current ? STALE : buttons[id].disabled ? PROVISIONAL : "";
    });
    buttons["save-lines"].hidden = !lines();
    const said = current || document.body.dataset.busy === "true" ? "" : STALE;
    if (said !== reason) {
      reason = said;
      told.textContent = said;
    }
    const of = current ? asked() : null;
    if (JSON.stringify(of) !== last) {
      last = JSON.stringify(of);
      shown.forEach(([made, pre]) => { pre.textContent = of ? made(of) : NO_TEXT; });
    }
  });
}

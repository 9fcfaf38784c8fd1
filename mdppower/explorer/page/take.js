// What is taken away as text: the program and the command that print the numbers shown, their table, the map.
// Every text is made from a question of the protocol, and names all that the numbers depend on: draws, seed, sampler
// and rewards always, of a world what is not the default.

import { limitsOf } from "./looks.js";

/** What `mdppower.envs.gridworld` and the command take where nothing is said. */
const SILENT = { slip: 0, bias: {}, moves: "NESW", stay: true, blocked: "stay", wrap: false };
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const GLYPHS = /^[.# *~<>^vA-Za-z\n]*$/;

/** Nine digits that carry, as everywhere in the protocol. */
export const digits = (number) => (number === null ? "nan" : Number.isFinite(number)
  ? String(Number(number.toPrecision(9))) : number > 0 ? "inf" : "-inf");

/** The label of a cell, as the library writes it. */
export const label = ([row, column]) => `(${row}, ${column})`;

const rates = (question) => [question.gamma].flat();

/** The fields of a world that are not as the library would take them. */
function told(world) {
  const bias = Object.entries(world.bias ?? {});
  const differs = (name) => name !== "bias" && (world[name] ?? SILENT[name]) !== SILENT[name];
  return { fields: Object.keys(SILENT).filter(differs), bias };
}

// ---------------------------------------------------------------- a map

/** A map as the text of a file: a comment above it, so that no letters at its beginning pass for another format. */
export function mapText(world) {
  const rows = world.map.replace(/\r\n/g, "\n").replace(/\n+$/, "");
  return rows.trimStart().startsWith(";") ? `${rows}\n` : `; drawn in the explorer of mdppower\n${rows}\n`;
}

// ---------------------------------------------------------------- Python

/** A text in Python's quotes; those of JSON are among them. */
const quoted = (text) => JSON.stringify(text);

const reward = (text) => (NUMBER.test(text) ? String(Number(text)) : quoted(text));

function rewardsInPython({ default: rest = "uniform", marks = {} } = {}) {
  const own = Object.entries(marks).map(([mark, law]) => `, ${quoted(mark)}: ${reward(law)}`);
  return own.length ? `{"default": ${reward(rest)}${own.join("")}}` : reward(rest);
}

function valueInPython(value) {
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  return typeof value === "number" ? String(value) : quoted(value);
}

/** The call that builds a world. Its map begins on a line of its own, so that indentation is read as it stands. */
function gridworld(world) {
  const { fields, bias } = told(world);
  const options = fields.map((name) => `, ${name}=${valueInPython(world[name])}`);
  if (bias.length) {
    options.push(`, bias={${bias.map(([name, part]) => `${quoted(name)}: ${part}`).join(", ")}}`);
  }
  const map = GLYPHS.test(world.map) ? `"""\n${world.map}\n"""` : quoted(`\n${world.map}\n`);
  return `mp.envs.gridworld(${map}${options.join("")})`;
}

/** A program that prints the numbers shown. */
export function python(question) {
  const gammas = rates(question);
  const gamma = gammas.length === 1 ? gammas[0] : `[${gammas.join(", ")}]`;
  const of = `${gamma}, ${rewardsInPython(question.rewards)}`;
  const run = `samples=${question.draws}, rng=${question.seed}`;
  const lines = ["import mdppower as mp", "", `world = ${gridworld(question.world)}`];
  if (question.view === "difference") {
    lines.push(
      `pinned = ${gridworld(question.pinned)}`,
      `change = mp.sensitivity.difference(world, pinned, ${of}, ${run}, sampler="iid")`,
      "print(change.table().text())  # A is the world, B the pinned one; 95 %, all at once",
    );
  } else if (question.view === "optimality") {
    lines.push(
      `likely = mp.action_optimality(world, ${of}, ${run})`,
      "print(likely.table(simultaneous=True).text())  # 95 %, all at once",
    );
  } else {
    lines.push(
      `power = mp.power(world, ${of}, ${run}, sampler=${quoted(question.sampler)})`,
      "print(power.table(simultaneous=True).text())  # 95 %, all at once; simultaneous=False: each alone",
    );
    if (question.pair) {
      lines.push(`print(power.difference(${question.pair.map(label).join(", ")}))`);
    }
  }
  return `${lines.join("\n")}\n`;
}

// ---------------------------------------------------------------- a shell

/** A word of the shell: in single quotes nothing has a meaning, and a quote itself is written outside of them. */
const word = (text) => (/^[\w.,+:=-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

/** A here-document; its end is a line that the map has not, and its quotes keep the shell from reading it. */
function hereDocument(world) {
  const text = mapText(world);
  let end = "MAP";
  while (text.split("\n").includes(end)) {
    end += "_";
  }
  return `<<'${end}'\n${text}${end}\n`;
}

function worldOptions(world) {
  const { fields, bias } = told(world);
  const options = fields.map((name) => {
    if (name === "wrap") {
      return "--wrap";
    }
    return name === "stay" ? "--no-stay" : `--${name} ${word(String(world[name]))}`;
  });
  if (bias.length) {
    options.push(`--bias ${word(bias.map(([name, part]) => `${name}=${part}`).join(","))}`);
  }
  return options;
}

function runOptions(question) {
  const { default: rest = "uniform", marks = {} } = question.rewards ?? {};
  return [
    `--gamma ${rates(question).join(",")}`,
    `--rewards ${word(rest)}`,
    ...Object.entries(marks).map(([mark, law]) => `--reward ${word(`${mark}=${law}`)}`),
    `--samples ${question.draws} --rng ${question.seed}`,
  ];
}

const command = (...parts) => parts.flat().join(" ");

/** A command that prints the numbers shown. */
export function shell(question) {
  const { world, pinned } = question;
  const run = runOptions(question);
  if (question.view === "optimality") {
    const asked = command("mdppower optimal -", worldOptions(world), run, hereDocument(world));
    return `# intervals: 95 %, each alone\n${asked}`;
  }
  if (question.view === "difference") {
    const saved = (name, one) =>
      command(`mdppower convert - "$folder/${name}.nc"`, worldOptions(one), hereDocument(one));
    const asked = command('mdppower diff "$folder/world.nc" "$folder/pinned.nc"', run, "--sampler iid");
    return `folder=$(mktemp -d)\n${saved("world", world)}${saved("pinned", pinned)}${asked}\nrm -r "$folder"\n`;
  }
  const sampler = `--sampler ${word(question.sampler)} --format table`;
  const asked = command("mdppower map -", worldOptions(world), run, sampler, hereDocument(world));
  const rest = question.pair ? "; the difference of the two cells: in Python" : "";
  return `# intervals: 95 %, each alone${rest}\n${asked}`;
}

// ---------------------------------------------------------------- a table

const VERDICTS = { more: "more in A", less: "more in B" };
const HEADS = {
  power: "power,stderr,lower,upper",
  difference: "power_A,power_B,difference,stderr,lower,upper,verdict",
  optimality: "action,probability,stderr,lower,upper,strictly,tied,unresolved",
};

/** The rest of the rows of a cell, behind its γ and its name: one, or one an action. */
const REST = {
  power: (message, g, s) => [numbers(...estimate(message, "half", g, s))],
  difference: (message, g, s) => {
    const { now, then, verdict } = message;
    const change = estimate(message, "joint", g, s);
    return [`${numbers(now[g][s], then[g][s], ...change)},${VERDICTS[verdict[g][s]] ?? verdict[g][s]}`];
  },
  optimality: ({ likely, actions, draws, alone, times }, g, s) => {
    const first = likely[g].slice(0, s).reduce((pairs, one) => pairs + one.length, 0);
    const order = Object.keys(actions);
    const rows = [...likely[g][s]].sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
    return rows.map(({ action, p }, k) => {
      const [lower, upper, strict, tied, open] = [...alone, ...times].map((of) => of[g][first + k]);
      const shares = [strict + open / 2, tied + open / 2, open].map((count) => count / draws);
      return `${action},${numbers(p, Math.sqrt(p * (1 - p) / draws), lower, upper, ...shares)}`;
    });
  },
};

const numbers = (...values) => values.map(digits).join(",");
const estimate = (message, key, g, s) =>
  [message.mean[g][s], message.stderr[g][s], ...limitsOf(message, key, g, s) ?? [null, null]];

/** The cells of a message as CSV: columns of the library's own tables, rows by γ and cell. */
export function csv(message) {
  const rows = message.gamma.flatMap((gamma, g) =>
    message.cells.flatMap((cell, s) =>
      REST[message.view](message, g, s).map((rest) => `${gamma},"${label(cell)}",${rest}`),
    ),
  );
  return [`gamma,state,${HEADS[message.view]}`, ...rows, ""].join("\n");
}

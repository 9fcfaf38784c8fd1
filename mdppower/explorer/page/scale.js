// Colours of numbers, ink that can be read on them, and numbers as text.

const VIRIDIS = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142], [33, 145, 140],
  [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];
const PUOR = [
  [127, 59, 8], [179, 88, 6], [224, 130, 20], [253, 184, 99], [254, 224, 182], [247, 247, 247],
  [216, 218, 235], [178, 171, 210], [128, 115, 172], [84, 39, 136], [45, 0, 75],
];

function along(colours, t) {
  const place = Math.min(Math.max(t, 0), 1) * (colours.length - 1);
  const [first, part] = [Math.min(Math.floor(place), colours.length - 2), place - Math.floor(place)];
  const share = place === colours.length - 1 ? 1 : part;
  return colours[first].map((level, i) => Math.round(level + share * (colours[first + 1][i] - level)));
}

const css = (rgb) => `rgb(${rgb.join(", ")})`;

/** Colour of t in [0, 1]; lighter is more, in grey as well. */
export const viridis = (t) => css(along(VIRIDIS, t));

/** Colour of t in [−1, 1]: brown below 0, purple above. */
export const diverging = (t) => css(along(PUOR, (t + 1) / 2));

/**
 * How the numbers of a message are coloured: least, most and colour(value, cell); all rates of a sweep alike.
 * whole: of POWER, from 0 to 1 and not from its least to its greatest.
 */
export function coloursOf(message, rate, whole) {
  let [least, most] = [Infinity, -Infinity];
  message?.mean.flat().filter((mean) => mean !== null).forEach((mean) => {
    [least, most] = [Math.min(least, mean), Math.max(most, mean)];
  });
  if (message?.view === "difference") {
    most = Math.max(-least, most, 0);
    const strength = (cell) => (message.verdict[rate][cell] === "open" ? 0.3 : 1);  // what is not told is faint
    const share = (value, cell) => (most > 1e-9 ? value / most * strength(cell) : 0);
    return { least: -most, most, same: !(most > 1e-9), colour: (value, cell) => diverging(share(value, cell)) };
  }
  if (message?.view === "optimality" || whole) {
    [least, most] = [0, 1];
  }
  // What differs by rounding only is not painted as if it differed.
  const same = !(most - least > 1e-7 * Math.max(1, Math.abs(most)));
  return { least, most, same, colour: (value) => viridis(same ? 0.5 : (value - least) / (most - least)) };
}

/** Black or white, whichever contrasts more; that is at least 4.58 : 1 on any colour. */
export function ink(colour) {
  const [red, green, blue] = colour.match(/\d+/g).map(Number)
    .map((level) => (level / 255 <= 0.04045 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4));
  const level = 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  return 1.05 / level > level / 0.05 ? "#fff" : "#000";
}

/** A number with so many decimals, without a zero before the point. */
export function decimal(value, decimals) {
  if (value === null || value === undefined) {
    return "–";
  }
  const size = Math.abs(value);
  const text = size === 0 && decimals >= 9 ? "0"
    : size >= 1e7 || decimals > 12 ? size.toExponential(2) : size.toFixed(decimals).replace(/^0\./, ".");
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** Decimals that show two digits of an error; four where there is none. */
export function decimals(half) {
  return half > 0 && isFinite(half) ? Math.min(Math.max(1 - Math.floor(Math.log10(half)), 0), 9) : 4;
}

/** ".8712 ± .0021": as many decimals as the error has two digits. */
export function show(mean, half) {
  if (half === null || half === undefined) {
    return decimal(mean, 4);
  }
  const error = half === 0 ? "0" : half < 1e-9 ? half.toExponential(0) : decimal(half, decimals(half));
  return `${decimal(mean, decimals(half))} ± ${error}`;
}

/** A number that fits into a cell; a small one as 2e−5, for .000 would say that it is nothing. */
export function short(value) {
  const size = Math.abs(value);
  if (size < 5e-4) {
    return size < 1e-9 ? "0" : `${value < 0 ? "−" : ""}${size.toExponential(0).replace("-", "−")}`;
  }
  return decimal(value, [1, 10, 100].reduce((left, size) => left - (Math.abs(value) >= size), 3));
}

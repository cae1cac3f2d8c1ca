// The trend: budget left over the window, the size of a word.

import { h, memo } from "./host.js";
import { percent } from "./words.js";

const WIDTH = 120;
const HEIGHT = 28;
const PAD = 3;

/** Path data of right-angled steps; a null interrupts the line. */
export function steps(points) {
  let data = "";
  let before = null;
  for (const [x, y] of points) {
    if (y !== null) data += before === null ? `M${x} ${y}` : `H${x}${y === before ? "" : `V${y}`}`;
    else if (before !== null) data += `H${x}`;
    before = y;
  }
  return data;
}

export const Spark = memo(function Spark({ trend }) {
  const known = (trend ?? []).filter((share) => share !== null);
  if (known.length < 2) return h("small", null, "no trend yet");
  const low = Math.min(0, ...known);
  const y = (share) => round(PAD + ((1 - share) / (1 - low)) * (HEIGHT - 2 * PAD));
  const line = steps(trend.map((share, index) => [round((index * WIDTH) / (trend.length - 1)), share === null ? null : y(share)]));
  const words = `Budget left went from ${percent(known[0], { places: 0 })} to ${percent(known.at(-1), { places: 0 })}`;
  return h("svg", { className: "spark", role: "img", "aria-label": words, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
    h("line", { className: "zero", x2: WIDTH, y1: y(0), y2: y(0) }),
    h("path", { className: "line", d: line }),
  );
});

function round(number) {
  return Math.round(number * 10) / 10;
}

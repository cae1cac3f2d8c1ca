// Figures and instants as text. The same rules as the report's: a rounded figure stands on the same side of every number
// it is read against (0, 1, the objective, a rule's factor) as the exact one does.

import { zone } from "./host.js";

const MOST_PLACES = 9;
/** From here on a number is written as `1.5e15`: nobody counts so many digits, and no column holds three hundred. */
const LONG = 1e15;
export const UNKNOWN = "unknown";

function side(number, other) {
  return Math.abs(number - other) <= 1e-12 * Math.max(1, Math.abs(other)) ? 0 : Math.sign(number - other);
}

/** The shortest honest decimal of at least so many places. */
export function decimal(number, { against = [0], places = 2, unit = "" } = {}) {
  const from = Math.abs(number) >= 1000 ? 0 : places;
  for (let digits = from; digits <= MOST_PLACES; digits += 1) {
    const rounded = Number(number.toFixed(digits));
    if (against.every((other) => side(rounded, other) === side(number, other))) return written(rounded, digits) + unit;
  }
  const near = against.reduce((best, other) => (Math.abs(number - other) < Math.abs(number - best) ? other : best));
  return (number < near ? "<" : ">") + written(near, MOST_PLACES) + unit;
}

function written(number, digits) {
  const size = Math.abs(number);
  const text = size < LONG ? size.toLocaleString("en", { maximumFractionDigits: digits }) : Number(size.toPrecision(6)).toExponential().replace("+", "");
  return number < 0 ? `−${text}` : text;
}

/** `0.99961` as `99.96%`; 0% and 100% are written for exactly 0 and 1 only. */
export function percent(share, { against = [], places = 2 } = {}) {
  if (share === null || share === undefined) return UNKNOWN;
  return decimal(share * 100, { against: [0, 100, ...against.map((other) => other * 100)], places, unit: "%" });
}

/** A burn rate, as `14.4×`. */
export function times(burn, against = []) {
  if (burn === null || burn === undefined) return UNKNOWN;
  return decimal(burn, { against: [0, 1, ...against], places: burn >= 100 ? 0 : 2, unit: "×" });
}

export function count(number) {
  return number === null || number === undefined ? UNKNOWN : decimal(number);
}

/** A raw observation, to four significant digits. */
export function raw(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value)) return written(value, 0);
  return Math.abs(value) >= 1000 ? written(value, 1) : String(Number(value.toPrecision(4))).replace("-", "−");
}

export function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** `pipeline_failure` as `Pipeline failure`. */
export function cause(name) {
  const text = String(name ?? "other").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const formats = new Map();

function parts(at, timeZone) {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    });
    formats.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** `2026-08-03 06:00` in a zone, the user's if none is given. */
export function local(at, timeZone = zone()) {
  const { year, month, day, hour, minute } = parts(new Date(at), timeZone);
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

export function utc(at) {
  return `${local(at, "UTC")} UTC`;
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** The two largest units: `3 d 4 h`, `45 min`. */
export function length(milliseconds) {
  let seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const found = [];
  for (const [name, size] of UNITS) {
    const amount = Math.floor(seconds / size);
    seconds -= amount * size;
    if (amount) found.push(`${amount.toLocaleString("en")} ${name}`);
    else if (found.length) break;
  }
  return found.slice(0, 2).join(" ") || "under 1 s";
}

/** `3 h ago`, `in 2 d`: one unit is enough. */
export function ago(at, now = Date.now()) {
  const away = now - new Date(at).getTime();
  const text = length(away).split(" ").slice(0, 2).join(" ");
  if (Math.abs(away) < 60000) return "just now";
  return away < 0 ? `in ${text}` : `${text} ago`;
}

/** The address if it is a plain http or https one, else nothing. */
export function webAddress(text) {
  return typeof text === "string" && /^https?:\/\/[^\s\u0000-\u0020\u007f<>"'`\\]+$/i.test(text) ? text : "";
}

/** A name as one word of a command for a shell: nobody's name of an SLO becomes a command when the line is pasted. */
export function quoted(text) {
  const name = String(text);
  return /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

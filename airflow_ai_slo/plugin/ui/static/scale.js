// Where instants and values lie in a plot.

const DAY = 86400000;
const STEPS = [3600000, 3 * 3600000, 6 * 3600000, 12 * 3600000, DAY, 2 * DAY, 3 * DAY, 4 * DAY, 7 * DAY, 12 * DAY, 14 * DAY, 28 * DAY, 56 * DAY, 91 * DAY, 182 * DAY];

/** Instants on an axis of 0 to 1. */
export class TimeScale {
  constructor(start, end) {
    this.start = start;
    this.end = Math.max(end, start + 60000);
  }

  share(at) {
    return Math.min(Math.max((at - this.start) / (this.end - this.start), 0), 1);
  }

  /** Whole days (or hours) in a zone, at most so many, as [share, label]. */
  ticks(most, timeZone) {
    const step = STEPS.find((size) => (this.end - this.start) / size <= most) ?? 364 * DAY;
    const options = step < DAY ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : { day: "numeric", month: "short" };
    const label = new Intl.DateTimeFormat("en-GB", { timeZone, ...options });
    const shift = offset(this.end, timeZone);
    const found = [];
    for (let at = Math.ceil((this.start + shift) / step) * step - shift; at <= this.end; at += step) {
      found.push([this.share(at), label.format(at)]);
    }
    return found.filter(([share]) => share > 0.02 && share < 0.97);
  }
}

/** How far a zone's clock is ahead of UTC, in milliseconds. */
function offset(at, timeZone) {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-CA", {
    timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(at).map(({ type, value }) => [type, value]));
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return Math.round((wall - at) / 60000) * 60000;
}

/** Values on a height, the largest on top; logarithmic where the largest dwarfs the rest. */
export class ValueScale {
  constructor(low, high, height, log = false) {
    Object.assign(this, { low, high, height, log });
  }

  y(value) {
    const share = this.log ? Math.log1p(value) / Math.log1p(this.high) : (value - this.low) / (this.high - this.low || 1);
    return Math.round((1 - Math.min(Math.max(share, 0), 1)) * this.height * 10) / 10;
  }
}

/** 0, 1 and what lies evenly between and below, as shares of a budget. */
export function budgetGrid(low) {
  const step = [0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000].find((size) => (1 - low) / size <= 6) ?? (1 - low) / 4;
  const found = [];
  for (let value = 1; value >= low; value -= step) found.push(value);
  return found.some((value) => Math.abs(value) < 1e-9) ? found : [...found, 0];
}

/** Labels that would overlap are dropped, the first given stay. */
export function apart(ticks, gap) {
  const kept = [];
  for (const tick of ticks) if (kept.every((other) => Math.abs(other.y - tick.y) >= gap)) kept.push(tick);
  return kept;
}

/** Runs of known [x, y] points; each value holds until the next point, the last one until `end`. */
export function runs(points, end) {
  const found = [];
  let open = null;
  for (const [x, y] of points) {
    if (open) open.push([x, open.at(-1)[1]]);
    if (y === null) open = null;
    else if (open) open.push([x, y]);
    else found.push((open = [[x, y]]));
  }
  if (open) open.push([end, open.at(-1)[1]]);
  return found;
}

export const line = (corners) => `M${corners.map(([x, y]) => `${x} ${y}`).join("L")}`;
export const area = (corners, base) => `${line(corners)}L${corners.at(-1)[0]} ${base}L${corners[0][0]} ${base}Z`;

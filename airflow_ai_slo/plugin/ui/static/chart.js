// Budget left over time against the line of a budget that is spent evenly, incidents and freezes, and burn below it.
// Drawn as the report draws it.

import { Fragment, h, useId, useMemo, useState, zone } from "./host.js";
import { TimeScale, ValueScale, apart, area, budgetGrid, line, runs } from "./scale.js";
import { Scan } from "./scan.js";
import { capital, percent, times, utc } from "./words.js";

const WIDTH = 1000;
const BUDGET = 170;
const LANE = 26;
const BURN = 76;
const GAP = 13;
const TIMES = 9;
const BELOW_ZERO = -0.12;
const LOG_FROM = 4;

/** @param {{slo: object, freezes: object[], start: number, end: number}} props */
export function Chart({ slo, freezes, start, end }) {
  const id = useId();
  const plot = useMemo(() => work(slo, freezes, start, end), [slo, freezes, start, end]);
  const [asTable, setAsTable] = useState(false);
  if (!plot) return h("p", { className: "empty" }, "No budget is known at any point of this period, so there is no chart.");
  const burnTop = BUDGET + LANE;
  const bottom = burnTop + BURN;
  return h("figure", null,
    h("figcaption", null, "Budget left ", h("span", { className: "dim" }, `and burn rate below${plot.log ? ", on a logarithmic scale" : ""}`),
      h("button", { type: "button", className: "button small", "aria-expanded": asTable, onClick: () => setAsTable(!asTable) }, asTable ? "Hide figures" : "Show figures")),
    h("div", { className: "plot" },
      h("svg", { className: "axis", width: 46, height: bottom + 20, "aria-hidden": true },
        plot.grid.map(({ y, label }) => h("text", { key: label, x: 40, y: y + 4 }, label)),
        plot.burnTicks.map(({ y, label, kind }) => h("text", { key: label + kind, x: 40, y: burnTop + y + 4, className: kind }, label))),
      h("svg", { className: "area", width: "100%", height: bottom + 20, role: "img", "aria-label": plot.words },
        h(Ink, { id, zero: plot.zero }),
        h("rect", { className: "exhausted", width: "100%", y: plot.zero, height: BUDGET - plot.zero }),
        plot.freezes.map((one, index) => h(Stretch, { key: index, one, y: 0, height: bottom, fill: `url(#${id}hatch)` })),
        plot.grid.map(({ y, label }) => h("line", { key: label, className: "grid", x2: "100%", y1: y, y2: y })),
        plot.times.map(([share, label], index) => h("g", { key: share, className: index % 2 ? "spare" : "" },
          h("line", { className: "grid", x1: `${share * 100}%`, x2: `${share * 100}%`, y2: bottom }),
          h("text", { className: "when", x: `${share * 100}%`, y: bottom + 15 }, label))),
        h(Inner, { height: BUDGET },
          plot.evenly ? h("path", { className: "evenly", d: plot.evenly }) : null,
          plot.budget.map((run, index) => h("path", { key: `a${index}`, className: "fill", fill: `url(#${id}ink)`, d: area(run, plot.zero) })),
          plot.budget.map((run, index) => h("path", { key: `l${index}`, className: "line", stroke: `url(#${id}ink)`, d: line(run) }))),
        h("line", { className: "zero", x2: "100%", y1: plot.zero, y2: plot.zero }),
        h(Inner, { y: burnTop, height: BURN }, plot.burn.map((run, index) => h("path", { key: index, className: "burn", d: area(run, BURN) }))),
        h("line", { className: "zero", x2: "100%", y1: bottom, y2: bottom }),
        plot.factors.map(({ y, kind, label }) => h("line", { key: label, className: `factor ${kind}`, x2: "100%", y1: burnTop + y, y2: burnTop + y })),
        plot.incidents.map((one, index) => h(Incident, { key: index, one })),
      ),
      h(Scan, { points: plot.points, events: [...plot.incidents, ...plot.freezes], scale: plot.scale }),
    ),
    h(Legend, { plot }),
    asTable ? h(Figures, { points: plot.points }) : null,
  );
}

function work(slo, freezes, start, end) {
  const points = slo.history.map((point) => ({ ...point, time: Date.parse(point.at) })).filter(({ time }) => time >= start && time <= end);
  const known = points.filter(({ remaining }) => remaining !== null);
  if (!known.length) return null;
  const scale = new TimeScale(start, end);
  const x = (at) => Math.round(scale.share(at) * WIDTH * 10) / 10;
  const low = Math.min(BELOW_ZERO, Math.min(...known.map(({ remaining }) => remaining)) * 1.08);
  const left = new ValueScale(low, 1, BUDGET);
  const rules = new Map((slo.alerts ?? []).filter(({ factor }) => factor > 0).map(({ factor, severity }) => [factor, severity]));
  const burns = points.map(({ burn }) => burn).filter((burn) => burn !== null);
  const highest = Math.max(0, ...burns);
  const loudest = Math.max(1, ...rules.keys());
  const log = highest > LOG_FROM * loudest;
  const burning = new ValueScale(0, Math.max(highest, loudest) * (log ? 1 : 1.06), BURN, log);
  const wanted = [{ y: BURN, label: "0", kind: "" }, ...[...rules].sort(([a], [b]) => b - a).map(([factor, kind]) => ({ y: burning.y(factor), label: times(factor), kind })), { y: burning.y(1), label: "1×", kind: "" }];
  const open = (one) => Date.parse(one.opened_at ?? one.since) <= end && (!ended(one) || ended(one) >= start);
  const stretch = (one, kind, words) => ({ from: scale.share(Date.parse(one.opened_at ?? one.since)), to: scale.share(ended(one) || end), kind, words });
  return {
    scale, points, log,
    zero: left.y(0),
    grid: apart([0, 1, ...budgetGrid(low)].map((value) => ({ y: left.y(value), label: percent(value, { places: 0 }) })), GAP),
    budget: runs(points.map(({ time, remaining }) => [x(time), remaining === null ? null : left.y(remaining)]), x(end)),
    evenly: evenly(slo.allowed_line, x, left),
    burn: runs(points.slice(1).map(({ burn }, index) => [x(points[index].time), burn === null ? null : burning.y(burn)]), x(points.at(-1).time)),
    burnTicks: apart(wanted, GAP),
    factors: [...rules].map(([factor, kind]) => ({ y: burning.y(factor), kind, label: times(factor) })),
    times: scale.ticks(TIMES, zone()),
    incidents: (slo.incidents ?? []).filter(open).slice(-20).map((one) => stretch(one, one.severity,
      `${capital(one.severity)} opened ${utc(one.opened_at)}, ${one.resolved_at ? `resolved ${utc(one.resolved_at)}` : "still open"}: ${one.reason}`)),
    freezes: (freezes ?? []).filter(open).map((one) => stretch(one, "frozen", `Frozen ${utc(one.since)} to ${ended(one) ? utc(new Date(ended(one)).toISOString()) : "now"}`)),
    gaps: known.length < points.length,
    words: describe(known),
  };
}

const ended = (one) => Date.parse(one.resolved_at ?? one.until ?? one.ends_at ?? "") || 0;

/** A budget spent evenly over the window, drawn over the part of it that is in sight. */
function evenly(ends, x, left) {
  if (!ends?.length) return "";
  return `M${ends.map(([at, share]) => [Date.parse(at), share]).map(([at, share]) => `${x(at)} ${left.y(share)}`).join("L")}`;
}

function describe(known) {
  const lowest = known.reduce((worst, point) => (point.remaining < worst.remaining ? point : worst));
  const last = known.at(-1);
  return `Budget left over time: ${percent(known[0].remaining, { places: 0 })} on ${utc(known[0].at)}, lowest ${percent(lowest.remaining, { places: 0 })} on ${utc(lowest.at)}, ${percent(last.remaining, { places: 0 })} on ${utc(last.at)}.`;
}

function Inner({ y = 0, height, children }) {
  return h("svg", { y, width: "100%", height, viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none" }, children);
}

function Ink({ id, zero }) {
  const stop = (name, key) => h("stop", { key, className: name, offset: zero / BUDGET });
  return h("defs", null,
    h("linearGradient", { id: `${id}ink`, gradientUnits: "userSpaceOnUse", x1: 0, y1: 0, x2: 0, y2: BUDGET }, stop("ink-left", 1), stop("ink-over", 2)),
    h("pattern", { id: `${id}hatch`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, h("rect", { className: "hatch", width: 2, height: 6 })));
}

function Stretch({ one, y, height, fill }) {
  return h("rect", { x: `${one.from * 100}%`, width: `${Math.max((one.to - one.from) * 100, 0.15)}%`, y, height, fill });
}

function Incident({ one }) {
  const y = BUDGET + LANE / 2;
  return h("g", { className: `incident ${one.kind}` }, h("title", null, one.words),
    h("rect", { x: `${one.from * 100}%`, width: `${(one.to - one.from) * 100}%`, y: y - 2, height: 4, rx: 2 }),
    h("svg", { x: `${one.from * 100}%`, y, overflow: "visible" }, h("path", { d: one.kind === "page" ? "M0-6L6 0 0 6-6 0Z" : "M-5-5H5V5H-5Z" })));
}

function Legend({ plot }) {
  const kinds = new Set(plot.incidents.map(({ kind }) => kind));
  const key = (name, words) => h("li", { key: name }, h("span", { className: `key ${name}` }), words);
  return h("ul", { className: "legend", "aria-hidden": true },
    key("left", "budget left"), key("spent", "budget spent"), plot.evenly ? key("even", "spent evenly") : null,
    plot.freezes.length ? key("frozen", "service frozen") : null, key("burn", "burn"), plot.factors.length ? key("factor", "a rule's factor") : null,
    [...kinds].map((kind) => key(kind, kind)), plot.gaps ? h("li", { key: "gaps" }, "gaps: unknown") : null);
}

const MOST_FIGURES = 60;

function Figures({ points }) {
  const step = Math.ceil(points.length / MOST_FIGURES);
  const shown = points.filter((_, index) => (points.length - 1 - index) % step === 0).reverse();
  return h("div", { className: "figures", tabIndex: 0, role: "region", "aria-label": "The chart's figures" }, h("table", null,
    h("thead", null, h("tr", null, ["Time", "Budget left", "SLI", "Burn"].map((head, index) => h("th", { key: head, scope: "col", className: index ? "number" : "" }, head)))),
    h("tbody", null, shown.map((point) => h("tr", { key: point.at },
      h("th", { scope: "row" }, utc(point.at)), [percent(point.remaining, { places: 1 }), percent(point.sli), times(point.burn)].map((text, index) => h("td", { key: index, className: "number" }, text)))))));
}

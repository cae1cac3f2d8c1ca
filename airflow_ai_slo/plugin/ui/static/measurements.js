// The runs of an SLO, newest first: good and bad, and where each came from.

import { query } from "./api.js";
import { Fragment, h } from "./host.js";
import { usePages } from "./pages.js";
import { Badge, External, Loading, Problem, Table, Time } from "./parts.js";
import { cause, count, raw } from "./words.js";

const AT_A_TIME = 25;
const MOST_TOLD = 8;
const IN_THE_KEY = new Set(["dag", "task", "run", "run_type", "map_index"]);

export function Measurements({ slo, given, change }) {
  const bad = given.bad === "true";
  const asked = `slo/measurements${query({ name: slo.name, limit: AT_A_TIME, bad: bad || undefined })}`;
  const { data, error, reload, rows, next } = usePages(asked, "measurements");
  const choice = (id, words) => h("button", {
    type: "button", className: "chip", "aria-pressed": bad === (id === "true"), onClick: () => change({ bad: id }, { replace: true }),
  }, words);
  return h("div", { className: "card" },
    h("div", { className: "row" }, h("h2", null, "Measurements"),
      h("div", { className: "chips", role: "group", "aria-label": "Measurements shown" }, choice(undefined, "All"), choice("true", "Bad only"))),
    error && !data ? h(Problem, { error, retry: reload }) : null,
    !data && !error ? h(Loading, { rows: 4, label: "Loading measurements" }) : null,
    data && !rows.length ? h("p", { className: "dim" }, bad ? "No bad measurement." : "None yet.") : null,
    rows.length ? h(Table, { name: "measurements", caption: h("span", { className: "unseen" }, "Measurements, newest first"), columns: columns(rows), rows: rows.map((row) => ({ ...row, key: row.key, id: row.key })) }) : null,
    next);
}

function columns(rows) {
  const hasValues = rows.some(({ value }) => value !== null && value !== undefined);
  return [
    { head: "Time", kind: "time", cell: ({ at }) => h(Time, { at }) },
    { head: "Verdict", cell: ({ bad, total }) => (total ? h(Badge, { kind: bad ? "exhausted" : "healthy" }, bad ? "Bad" : "Good") : h(Badge, { kind: "unknown" }, "Nothing happened")) },
    { head: "Good / total", number: true, cell: ({ good, total }) => `${count(good)} / ${count(total)}` },
    ...(hasValues ? [{ head: "Value", number: true, cell: ({ value }) => raw(value) }] : []),
    { head: "Cause", cell: (row) => (row.cause ? cause(row.cause) : row.bad ? "Other" : "–") },
    { head: "Run", kind: "run", cell: (row) => h(Run, { row }) },
  ];
}

/** Links to the task's run in Airflow where the measurement knows it. */
function Run({ row }) {
  const { run_url: url, detail, ...rest } = row.attributes ?? {};
  const all = Object.entries(rest).filter(([name]) => !IN_THE_KEY.has(name));
  const told = all.slice(0, MOST_TOLD).map(([name, value]) => (value === "true" ? name : `${name} ${value}`));
  if (all.length > MOST_TOLD) told.push(`${all.length - MOST_TOLD} more`);
  if (detail) told.unshift(detail);
  return h(Fragment, null, h(External, { to: url }, h("code", null, row.id)),
    told.length ? h("small", null, told.join(", ")) : null);
}

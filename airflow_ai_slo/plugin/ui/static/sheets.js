// What stands below an SLO's chart: what spent it, rules, incidents, corrections, the definition.

import { Fragment, h, useState } from "./host.js";
import { Badge, Bar, Copy, Table, Time } from "./parts.js";
import { capital, cause, count, length, percent, plural, quoted, times } from "./words.js";

const CAPTIONS = { cause: "What spent it", version: "What spent it, by version", task: "What spent it, by task", dag: "What spent it, by DAG" };
const MOST_GROUPS = 8;

/** A name that may break after its dots, dashes and slashes rather than in the middle of a word. */
function breakable(name) {
  return String(name).split(/(?<=[._/-])/).map((part, index) => h(Fragment, { key: index }, part, h("wbr")));
}

export function Spent({ slo }) {
  const told = (slo.spent ?? []).filter(({ groups }) => groups?.length);
  if (!told.length) {
    return h("div", { className: "card half" }, h("h2", null, "What spent it"), h("p", { className: "dim" }, slo.total ? "Nothing: no bad run in this window." : "Nothing measured yet."));
  }
  return h("div", { className: "card half" }, told.map(({ by, groups }) => h(Table, {
    key: by, name: "causes", stack: false, caption: CAPTIONS[by] ?? `What spent it, by ${by}`,
    columns: [
      { head: by === "cause" ? "Cause" : capital(by), cell: ({ name }) => (by === "cause" ? cause(name) : breakable(name)) },
      { head: "Share", kind: "bar", cell: ({ share }) => h("span", { className: "shared" }, h("span", null, percent(share, { places: 0 })), h(Bar, { share, kind: "plain" })) },
      { head: `Bad ${slo.unit}`, number: true, cell: ({ bad }) => count(bad) },
    ],
    rows: groups.slice(0, MOST_GROUPS).map((group) => ({ ...group, key: group.name })),
    more: groups.length > MOST_GROUPS ? `${plural(groups.length - MOST_GROUPS, "smaller group")} left out; ai-slo spent ${quoted(slo.name)} --by ${by} shows more.` : null,
  })));
}

const UNITS = { m: 1, h: 60, d: 1440, w: 10080, M: 43200, Q: 129600, Y: 525600 };

/** Orders windows: those in runs before those by the clock, the shorter ones first; the SLO's own calendar window last. */
function reach(window) {
  const [, number, unit] = /^(\d+) ?(runs|[mhdwMQY])$/.exec(window) ?? [];
  if (!unit) return Infinity;
  return unit === "runs" ? Number(number) - 1e9 : Number(number) * UNITS[unit];
}

export function Burns({ slo }) {
  const rows = Object.entries(slo.burn_rates ?? {}).map(([window, burn]) => ({ key: window, window, burn }));
  rows.sort((one, other) => reach(one.window) - reach(other.window));
  if (!rows.length) return null;
  return h("div", { className: "card half" }, h(Table, {
    caption: "Burn per window", rows,
    columns: [{ head: "Window", cell: ({ window }) => window }, { head: "Burn", number: true, cell: ({ burn }) => h("span", { className: burn === null ? "unknown" : "" }, times(burn)) }],
  }));
}

const OUTCOMES = { firing: "firing", healthy: "healthy", unknown: "unknown" };

export function Rules({ slo }) {
  if (!slo.alerts?.length) {
    return h("div", { className: "card" }, h("h2", null, "Alert rules"), h("p", { className: "dim" }, "None: this SLO asks for no alerts (alerting: none)."));
  }
  return h("div", { className: "card" }, h(Table, {
    caption: "Alert rules as judged", rows: alike(slo.alerts),
    columns: [
      { head: "Alert", cell: ({ severity }) => capital(severity) },
      { head: "Fires when", cell: ({ factor, long, short }) => `burn > ${times(factor)} over ${short && short !== long ? `${long} and ${short}` : long}` },
      { head: "Burn now", cell: ({ long, short }) => [...new Set([long, short])].filter((window) => window && slo.burn_rates && window in slo.burn_rates).map((window) => `${window}: ${times(slo.burn_rates[window])}`).join(", ") || "–" },
      { head: "Now", cell: ({ outcome }) => h(Badge, { kind: OUTCOMES[outcome] ?? "unknown" }, capital(outcome)) },
    ],
  }));
}

/** Rules that a preset has raised to the same limits say the same thing once. */
function alike(rules) {
  const found = new Map();
  for (const rule of rules) {
    const key = [rule.severity, rule.long, rule.short, rule.factor, rule.outcome].join(" ");
    if (!found.has(key)) found.set(key, { ...rule, key });
  }
  return [...found.values()];
}

export function Incidents({ slo }) {
  const newest = [...(slo.incidents ?? [])].sort((one, other) => other.opened_at.localeCompare(one.opened_at));
  if (!newest.length) return h(Fragment, null, h("h2", null, "Incidents"), h("p", { className: "dim" }, "None so far."));
  return h(Table, { caption: "Incidents", columns: incidentColumns(), rows: newest.slice(0, 50).map((one, index) => ({ ...one, key: index })) });
}

/** Columns of incidents, for one SLO and for all. */
export function incidentColumns(first = []) {
  const now = Date.now();
  return [
    ...first,
    { head: "Opened", kind: "time", cell: ({ opened_at }) => h(Time, { at: opened_at }) },
    { head: "Resolved", kind: "time", cell: ({ resolved_at }) => (resolved_at ? h(Time, { at: resolved_at }) : h(Badge, { kind: "firing" }, "open")) },
    { head: "Lasted", number: true, cell: ({ opened_at, resolved_at }) => length((resolved_at ? Date.parse(resolved_at) : now) - Date.parse(opened_at)) },
    { head: "Severity", cell: ({ severity }) => h(Badge, { kind: severity }, capital(severity)) },
    { head: "Reason", cell: (one) => h(Reason, { one }) },
  ];
}

function Reason({ one }) {
  const [isOpen, setOpen] = useState(false);
  const events = one.events ?? [];
  return h(Fragment, null, one.reason || "–",
    events.length > 1 ? h(Fragment, null, " ", h("button", { type: "button", className: "button small", "aria-expanded": isOpen, onClick: () => setOpen(!isOpen) }, isOpen ? "Hide what happened" : plural(events.length, "event"))) : null,
    isOpen ? h("ol", { className: "events" }, events.map((event, index) => h("li", { key: index },
      h(Time, { at: event.at }), ` ${capital(String(event.transition ?? event.kind ?? event.action ?? ""))}${event.severity ? ` (${event.severity})` : ""}${event.reason ? `: ${event.reason}` : ""}`))) : null);
}

export function Corrections({ slo }) {
  return h(Table, {
    caption: "Corrections: what is dropped, by whom and why", rows: slo.corrections.slice(0, 50).map((one) => ({ ...one, key: one.id })),
    columns: [
      { head: "Dropped", cell: ({ start, end, rrule }) => h(Fragment, null, h(Time, { at: start }), end ? h(Fragment, null, " to ", h(Time, { at: end })) : null, rrule ? h("small", null, rrule) : null) },
      { head: "Who", cell: ({ author }) => author || "–" },
      { head: "Why", cell: ({ reason }) => reason || "–" },
      { head: "State", cell: ({ revoked_at }) => (revoked_at ? h(Fragment, null, "revoked ", h(Time, { at: revoked_at })) : "holds") },
    ],
  });
}

export function Definition({ slo }) {
  const [isOpen, setOpen] = useState(false);
  const text = slo.yaml || JSON.stringify(slo.definition ?? {}, null, 2);
  return h("div", { className: "card" },
    h("div", { className: "row" }, h("h2", null, "Definition"),
      h("span", { className: "actions" },
        h("button", { type: "button", className: "button small", "aria-expanded": isOpen, onClick: () => setOpen(!isOpen) }, isOpen ? "Hide YAML" : "Show YAML"),
        h(Copy, { text, what: "the definition" }))),
    h("p", { className: "dim" }, "The OpenSLO document as it is stored. Change it in your files, then ", h("code", null, "ai-slo apply"), "."),
    isOpen ? h("pre", { tabIndex: 0, "aria-label": "The definition as YAML" }, h("code", null, text)) : null);
}

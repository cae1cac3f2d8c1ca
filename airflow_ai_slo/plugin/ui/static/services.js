// Every service, and the page of one: its SLOs, its freeze policy, its freezes, its audit log.

import { path, query, useQuery } from "./api.js";
import { Audit } from "./audit.js";
import { Fragment, Link, h, place, useTitle } from "./host.js";
import { FreezeState } from "./freeze.js";
import { Badge, Badges, Bar, Command, Empty, Loading, Pager, Problem, Table, Time, tone } from "./parts.js";
import { SLOTable } from "./rows.js";
import { length, percent, plural } from "./words.js";

const REFRESH = 30000;
const RANK = { spent: 0, burning: 1, unknown: 2, healthy: 3 };
const PER_PAGE = 50;

export function Services({ given, change }) {
  const { data, error, reload } = useQuery("services", { every: REFRESH, keep: true });
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { label: "Loading services" });
  const wanted = (given.search ?? "").toLowerCase();
  const found = data.services
    .filter(({ name, description }) => `${name} ${description ?? ""}`.toLowerCase().includes(wanted))
    .sort((one, other) => (RANK[one.state] ?? 2) - (RANK[other.state] ?? 2) || (one.remaining ?? 2) - (other.remaining ?? 2) || one.name.localeCompare(other.name));
  const offset = Number(given.offset) || 0;
  return h(Fragment, null,
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    h("div", { className: "filters", role: "search" }, h("input", {
      type: "search", "aria-label": "Search services", placeholder: "Search name, description…", defaultValue: given.search ?? "",
      onChange: (event) => change({ search: event.target.value || undefined, offset: undefined }, { replace: true }),
    })),
    found.length ? h("div", { className: "card" }, h(Table, {
      stack: true, name: "services", caption: h("span", { className: "unseen" }, "Services, the most urgent first"), columns: columns(), rows: found.slice(offset, offset + PER_PAGE).map((service) => ({ ...service, key: service.name })),
    })) : h(Empty, { title: wanted ? "No service fits that search" : "No service yet" }, wanted ? null : h("p", null, "SLOs with a ", h("code", null, "service"), " make one, and so does a document of kind Service.")),
    h(Pager, { offset, limit: PER_PAGE, total: found.length, noun: "services", onMove: (to) => change({ offset: to || undefined }) }));
}

function columns() {
  return [
    { head: "Service", cell: ({ name, description }) => h(Fragment, null, h(Link, { to: place({ view: "service", service: name }), className: "strong" }, name), description ? h("small", null, description) : null) },
    { head: "Worst state", cell: ({ state, freeze, frozen, slos }) => (slos ? h(Badges, { row: { state, freeze: frozen ? (freeze?.mode ?? "hard") : null } }) : h("span", { className: "dim" }, "no SLO")) },
    { head: "Least budget left", kind: "left", cell: ({ remaining }) => h("span", { className: "shared" }, h("b", { className: tone(remaining) }, percent(remaining, { places: 1 })), h(Bar, { share: remaining, kind: tone(remaining) })) },
    { head: "SLOs", number: true, cell: ({ slos }) => slos.toLocaleString("en") },
  ];
}

export function Service({ given, change }) {
  const name = given.service;
  const { data, error, reload } = useQuery(path("services", name), { every: REFRESH });
  useTitle(`${name} · SLOs`);
  const back = h("p", { className: "back" }, h(Link, { to: place({ view: "services" }) }, "← All services"));
  if (error?.status === 404) return h(Fragment, null, back, h(Empty, { title: `There is no service named ${name}` }, h("p", null, "Services come with the definitions that name them.")));
  if (!data) return h(Fragment, null, back, error ? h(Problem, { error, retry: reload }) : h(Loading, { label: "Loading the service" }));
  return h(Fragment, null, back,
    h("header", { className: "head" }, h("div", null, h("h1", null, name)), data.description ? h("p", { className: "about" }, data.description) : null),
    h(FreezeState, { service: name, freeze: data.freeze, override: data.override }),
    h(SLOsOf, { service: name, given, change }),
    h("div", { className: "sheets" }, h(Policy, { policy: data.policy }), h(Past, { freezes: data.freezes })),
    h(Audit, { service: name, given, change }));
}

function SLOsOf({ service, given, change }) {
  const offset = Number(given.offset) || 0;
  const order = given.order || "state";
  const { data, error, isStale, reload } = useQuery(`slos${query({ service, order_by: order, limit: PER_PAGE, offset, trend: true })}`, { every: REFRESH, keep: true });
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { rows: 3, label: "Loading SLOs" });
  if (!data.slos.length) {
    return h(Empty, { title: "No SLO belongs to this service yet" }, h("p", null, "Give one ", h("code", null, `service: ${service}`), " and apply it:"), h(Command, null, "ai-slo apply slos/"));
  }
  return h(Fragment, null,
    h(SLOTable, { rows: data.slos, order, isBusy: isStale, caption: `SLOs of ${service}`, onOrder: (to) => change({ order: to, offset: undefined }, { replace: true }) }),
    h(Pager, { offset, limit: PER_PAGE, total: data.total_entries, noun: "SLOs", onMove: (to) => change({ offset: to || undefined }) }));
}

function Policy({ policy }) {
  const rows = Object.entries(policy ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length));
  if (!rows.length) return null;
  return h("div", { className: "card half" }, h("h2", null, "Freeze policy"), h("dl", { className: "terms" }, rows.map(([name, value]) => h("div", { key: name },
    h("dt", null, name.replaceAll("_", " ")), h("dd", null, said(name, value))))));
}

function said(name, value) {
  if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && /above|below|share/.test(name)) return percent(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function Past({ freezes }) {
  if (!freezes?.length) return h("div", { className: "card half" }, h("h2", null, "Freezes"), h("p", { className: "dim" }, "None so far."));
  const shown = freezes.slice(0, 20);
  const end = (one) => one.until ?? one.ended_at ?? null;
  return h("div", { className: "card half" }, h(Table, {
    caption: "Freezes", stack: true, more: freezes.length > 20 ? `${plural(freezes.length - 20, "older freeze")} left out.` : null,
    rows: shown.map((one, index) => ({ ...one, key: index })),
    columns: [
      { head: "Since", kind: "time", cell: ({ since }) => h(Time, { at: since }) },
      { head: "Until", kind: "time", cell: (one) => (end(one) ? h(Time, { at: end(one) }) : h(Badge, { kind: "frozen" }, "frozen now")) },
      { head: "Lasted", number: true, cell: (one) => length((end(one) ? Date.parse(end(one)) : Date.now()) - Date.parse(one.since)) },
      { head: "Because of", cell: ({ slos, slo, reasons }) => (slos ?? (slo ? [slo] : (reasons ?? []).map((reason) => reason.slo ?? reason))).join(", ") || "–" },
    ],
  }));
}

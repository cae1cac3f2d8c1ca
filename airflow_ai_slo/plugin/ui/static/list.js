// The page of all SLOs: states to pick from, search, filters, order, all of them in the address.

import { path, query, useQuery } from "./api.js";
import { Fragment, Link, h, place, useEffect, useRef, useState } from "./host.js";
import { Onboarding } from "./onboarding.js";
import { Past, isWaiting } from "./past.js";
import { Empty, Loading, Notice, Pager, Problem, Time } from "./parts.js";
import { SLOTable } from "./rows.js";
import { plural } from "./words.js";

const PER_PAGE = 50;
const REFRESH = 30000;
const TYPING = 250;
const LONGEST_SEARCH = 200;
const STATES = [["spent", "Budget spent"], ["burning", "Burning"], ["unknown", "Unknown"], ["healthy", "Healthy"]];
const ORDERS = [["state", "Most urgent first"], ["remaining", "Least budget left"], ["-burn", "Fastest burn"], ["name", "Name"], ["service", "Service"]];
const FROZEN = { any: ["hard", "soft"] };

/** The API's path for what an address asks. */
export function listPath({ search, service, state, freeze, order, offset }) {
  const asked = { search, service, state, freeze: FROZEN[freeze] ?? freeze, order_by: order || ORDERS[0][0], limit: PER_PAGE, offset, trend: true };
  return `slos${query(asked)}`;
}

export function List({ given, change }) {
  const { data, error, isStale, reload } = useQuery(listPath(given), { every: REFRESH, keep: true });
  const isFiltered = Boolean(given.search || given.service || given.state || given.freeze);
  if (!data) return error ? h(Refused, { error, reload }) : h(Loading, { rows: 8, label: "Loading SLOs" });
  if (!data.total_entries && !isFiltered && !isStale) return h(Onboarding);
  const pick = (changes) => change({ offset: undefined, ...changes }, { replace: true });
  return h(Fragment, null,
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    h(Frozen),
    h(States, { counts: data.counts, given, pick }),
    h(Filters, { given, pick }),
    data.slos.length && data.slos.every(isWaiting) ? h(Notice, { title: "Nothing is measured yet.", action: h(Past, { reload }) }, "These SLOs are measured from Airflow's own record, which may hold runs of theirs already.") : null,
    data.slos.length
      ? h(SLOTable, { rows: data.slos, order: given.order || ORDERS[0][0], isBusy: isStale, caption: "All SLOs", onOrder: (order) => pick({ order }) })
      : data.total_entries ? h(Beyond, { total: data.total_entries, change }) : h(Nothing, { pick }),
    h(Pager, { offset: Number(given.offset) || 0, limit: PER_PAGE, total: data.total_entries, noun: "SLOs",
      onMove: (offset) => { change({ offset: offset || undefined }); scrollTo(0); } }),
    h(Judged, { rows: data.slos }),
  );
}

/** An address may ask for what there is none of: then another try is of no use. */
function Refused({ error, reload }) {
  return h(Fragment, null,
    h(Problem, { error, retry: error.status === 422 ? undefined : reload }),
    error.status === 422 ? h("p", null, h(Link, { className: "button", to: place() }, "All SLOs")) : null);
}

function scrollTo(top) {
  document.querySelector(".ai-slo")?.scrollIntoView({ block: "start" });
  return top;
}

function Frozen() {
  const { data } = useQuery("freezes", { every: REFRESH, keep: true });
  const hard = (data?.freezes ?? []).filter((freeze) => freeze.mode !== "soft" && !freeze.override);
  if (!hard.length) return null;
  const names = hard.slice(0, 3).map((freeze) => freeze.service).join(", ") + (hard.length > 3 ? ` and ${hard.length - 3} more` : "");
  return h(Notice, {
    kind: "ice",
    title: hard.length === 1 ? "1 service is frozen:" : `${hard.length} services are frozen:`,
    action: h(Link, { className: "button", to: place({ view: "freezes" }) }, hard.length === 1 ? "Look at the freeze" : "Look at freezes"),
  }, `${names}. Changes wait until budget is back.`);
}

function States({ counts = {}, given, pick }) {
  const all = STATES.reduce((sum, [id]) => sum + (counts[id] ?? 0), 0);
  const chip = (id, words, number) => h("button", {
    key: id || "all",
    type: "button",
    className: "chip",
    "aria-pressed": (given.state || "") === id,
    onClick: () => pick({ state: given.state === id ? undefined : id || undefined }),
  }, id ? h("span", { className: `dot ${id}`, "aria-hidden": true }) : null, words, h("b", null, number.toLocaleString("en")));
  return h("div", { className: "chips", role: "group", "aria-label": "States" },
    chip("", "All", all), STATES.map(([id, words]) => chip(id, words, counts[id] ?? 0)));
}

function Filters({ given, pick }) {
  const { data } = useQuery("services", { keep: true });
  const names = (data?.services ?? []).map((service) => service.name);
  if (given.service && !names.includes(given.service)) names.unshift(given.service);
  const select = (label, name, options) => h("label", null, h("span", { className: "unseen" }, label),
    h("select", { value: given[name] ?? "", "aria-label": label, onChange: (event) => pick({ [name]: event.target.value || undefined }) },
      options.map(([value, words]) => h("option", { key: value, value }, words))));
  return h("div", { className: "filters", role: "search" },
    h(Search, { given, pick }),
    select("Service", "service", [["", "All services"], ...names.map((name) => [name, name])]),
    select("Freeze", "freeze", [["", "Frozen or not"], ["any", "Frozen"], ["hard", "Hard freeze"], ["soft", "Soft freeze"], ["none", "Not frozen"]]),
    select("Order", "order", withOwn(given.order)),
    given.search || given.service || given.state || given.freeze
      ? h("button", { type: "button", className: "button", onClick: () => pick(NOTHING) }, "Clear filters")
      : null,
  );
}

const NOTHING = { search: undefined, service: undefined, state: undefined, freeze: undefined };

function withOwn(order) {
  const known = [["", ORDERS[0][1]], ...ORDERS.slice(1)];
  return !order || order === ORDERS[0][0] || known.some(([value]) => value === order) ? known : [...known, [order, "As sorted"]];
}

/** Types ahead of the address, which follows when the typing pauses. */
function Search({ given, pick }) {
  const [text, setText] = useState(given.search ?? "");
  const sent = useRef(given.search ?? "");
  useEffect(() => {
    if ((given.search ?? "") !== sent.current) setText(given.search ?? "");
    sent.current = given.search ?? "";
  }, [given.search]);
  useEffect(() => {
    if (text.trim() === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = text.trim();
      pick({ search: text.trim() || undefined });
    }, TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  return h("input", {
    type: "search", value: text, maxLength: LONGEST_SEARCH, placeholder: "Search name, title, service…", "aria-label": "Search SLOs",
    onChange: (event) => setText(event.target.value),
  });
}

/** The page that an address names is no more: SLOs were removed, or changed their state. */
function Beyond({ total, change }) {
  const last = Math.floor((total - 1) / PER_PAGE) * PER_PAGE;
  return h(Empty, { title: "This page is no more" },
    h("p", null, `There are ${plural(total, "SLO")} to show by now.`),
    h("button", { type: "button", className: "button", onClick: () => change({ offset: last || undefined }, { replace: true }) }, "Go to the last page"));
}

function Nothing({ pick }) {
  return h(Empty, { title: "No SLO fits these filters" },
    h("p", null, "Every filter stands in the address, so a link that somebody sent may hold one."),
    h("button", { type: "button", className: "button", onClick: () => pick(NOTHING) }, "Clear filters"));
}

function Judged({ rows }) {
  const newest = rows.map((row) => row.evaluated_at).filter(Boolean).sort().at(-1);
  const never = rows.filter((row) => !row.evaluated_at).length;
  if (!rows.length) return null;
  return h("p", { className: "footnote" },
    newest ? h(Fragment, null, "Judged ", h(Time, { at: newest, relative: true }), ", the newest of this page. ") : null,
    never ? `${plural(never, "SLO")} of this page never judged yet. ` : null,
    "≈ marks an estimate from a window that is not full yet.");
}

export const servicePath = (name) => path("services", name);

// The page of one SLO.

import { path, query, useQuery } from "./api.js";
import { Chart } from "./chart.js";
import { Fragment, Link, h, place, useTitle } from "./host.js";
import { FreezeState } from "./freeze.js";
import { Measurements } from "./measurements.js";
import { Past } from "./past.js";
import { Badges, Command, Empty, Loading, Problem, Time, events, tone } from "./parts.js";
import { Burns, Corrections, Definition, Incidents, Rules, Spent } from "./sheets.js";
import { count, percent, quoted, raw, times } from "./words.js";

const DAY = 86400000;
const PERIODS = [["7d", 7], ["28d", 28], ["90d", 90]];
const REFRESH = 30000;

/** Of the address, if it is one that can be chosen. */
function shownPeriod(period) {
  return PERIODS.some(([id]) => id === period) ? period : "28d";
}

export const detailPath = ({ slo, period }) => `slo${query({ name: slo, period: shownPeriod(period) })}`;

export function Detail({ given, change }) {
  const { data: slo, error, isStale, reload } = useQuery(detailPath(given), { every: REFRESH, keep: true });
  const isOther = slo && slo.name !== given.slo;
  const shown = isOther ? null : slo;
  useTitle(`${shown?.title || given.slo} · SLO`);
  if (error?.status === 404) return h(Fragment, null, h(Back), h(Missing, { name: given.slo }));
  if (!shown) return h(Fragment, null, h(Back), error ? h(Problem, { error, retry: reload }) : h(Loading, { rows: 8, label: "Loading the SLO" }));
  return h(Fragment, null,
    h(Back),
    h(Head, { slo: shown }),
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    h(FreezeOf, { slo: shown }),
    h(Tiles, { slo: shown, reload }),
    h(History, { slo: shown, given, change, isStale }),
    h("div", { className: "sheets" },
      h(Spent, { slo: shown }), h(Burns, { slo: shown }), h(Rules, { slo: shown })),
    h(Measurements, { slo: shown, given, change }),
    h("div", { className: "card" }, h(Incidents, { slo: shown })),
    shown.corrections?.length ? h("div", { className: "card" }, h(Corrections, { slo: shown })) : null,
    h(Definition, { slo: shown }),
  );
}

function Back() {
  return h("p", { className: "back" }, h(Link, { to: place() }, "← All SLOs"));
}

function Missing({ name }) {
  return h(Empty, { title: `There is no SLO named ${name}` },
    h("p", null, "It may have been renamed or removed. Names stand in the OpenSLO documents that were applied."),
    h(Link, { className: "button", to: place() }, "Look at all SLOs"));
}

function Head({ slo }) {
  const labels = Object.entries(slo.labels ?? {});
  return h("header", { className: "head" },
    h("div", null, h("h1", null, slo.title || slo.name), h(Badges, { row: slo })),
    h("p", { className: "about" },
      h("code", null, slo.name),
      slo.service ? h(Fragment, null, " · service ", h(Link, { to: place({ view: "service", service: slo.service }) }, slo.service)) : null,
      slo.dags?.length ? h(Fragment, null, ` · DAG${slo.dags.length > 1 ? "s" : ""} `, slo.dags.map((dag, index) => h(Fragment, { key: dag },
        index ? ", " : "", h(Link, { to: `/dags/${encodeURIComponent(dag)}` }, dag)))) : null,
      slo.evaluated_at ? h(Fragment, null, " · judged ", h(Time, { at: slo.evaluated_at, relative: true })) : " · never judged yet"),
    slo.description ? h("p", { className: "about" }, slo.description) : null,
    labels.length ? h("ul", { className: "labels", "aria-label": "Labels" }, labels.map(([key, value]) => h("li", { key }, `${key}=${value}`))) : null,
  );
}

function FreezeOf({ slo }) {
  const { data } = useQuery(slo.freeze ? path("services", slo.service) : null, { every: REFRESH });
  if (!slo.freeze || !data) return null;
  return h(FreezeState, { service: slo.service, freeze: data.freeze, override: data.override });
}

function Tile({ label, figure, detail, kind = "" }) {
  return h("div", null, h("dt", null, label), h("dd", { className: `figure ${kind}` }, figure), h("dd", { className: "detail" }, detail));
}

function Tiles({ slo, reload }) {
  const { budget, unit } = slo;
  const about = budget.estimate && budget.remaining !== null ? "≈" : "";
  const isMet = slo.sli === null ? "unknown" : slo.sli >= slo.objective - 1e-12 ? "good" : "bad";
  const bad = slo.total - slo.good;
  return h("div", { className: "card" },
    h("dl", { className: "tiles" },
      h(Tile, { label: "SLI", figure: percent(slo.sli, { against: [slo.objective] }), detail: `objective ${percent(slo.objective, { places: 9 })} over ${slo.window}`, kind: isMet }),
      h(Tile, { label: "Budget left", figure: about + percent(budget.remaining, { places: 1 }), detail: events(budget), kind: tone(budget.remaining) }),
      h(Tile, { label: "Burn", figure: times(slo.burn), detail: `over ${slo.window}; 1× spends exactly the budget`, kind: slo.burn === null ? "unknown" : slo.burn > 1 ? "bad" : "" }),
      h(Tile, { label: `Bad ${unit}`, figure: slo.total ? count(bad) : "unknown", detail: `of ${count(slo.total)} in the ${slo.window} window`, kind: slo.total ? "" : "unknown" }),
      h(SLA, { found: slo.sla }),
      h(Percentiles, { found: slo.percentiles })),
    slo.forecast && slo.sli !== null ? h("p", { className: "note" }, h("b", null, "Forecast: "), `${slo.forecast.text}.`) : null,
    budget.estimate && budget.remaining !== null
      ? h("p", { className: "note" }, `≈ marks an estimate: ${percent(budget.coverage, { places: 0 })} of the ${slo.window} window has been watched so far, so what the full window allows is projected from that part.`)
      : null,
    slo.sli === null ? h(Unmeasured, { slo, reload }) : null,
  );
}

const OUTLOOKS = { met: "good", "at risk": "low", missed: "bad", unknown: "unknown" };

function SLA({ found }) {
  if (!found) return null;
  const [outlook, ...told] = found.text.split(": ");
  return h(Tile, { label: "SLA", figure: outlook, detail: told.join(": "), kind: OUTLOOKS[found.now.outlook] });
}

function Percentiles({ found }) {
  if (!found) return null;
  const { unit, count: timed, ...values } = found;
  const shown = Object.entries(values).map(([name, value]) => `${name.toUpperCase()} ${raw(value)} ${unit}`);
  return h(Tile, { label: "Latency", figure: shown.at(-1), detail: `${shown.slice(0, -1).join(", ")}; ${count(timed)} timed` });
}

function Unmeasured({ slo, reload }) {
  const isOfAirflow = slo.source === "airflow";
  return h(Empty, { title: "Nothing measured in this window" },
    isOfAirflow ? h(Fragment, null, h("p", null, "Airflow's own record, from which this SLO is measured, may hold runs of it already."), h(Past, { reload })) : null,
    h("p", null, isOfAirflow ? "Or record one run by hand:" : "Let a DAG measure it with the operator for its kind, or record one run by hand:"),
    h(Command, null, `ai-slo record ${quoted(slo.name)} --good 1 --total 1`));
}

function History({ slo, given, change, isStale }) {
  const { data: service } = useQuery(slo.service ? path("services", slo.service) : null, { every: REFRESH });
  const period = shownPeriod(given.period);
  const [, days] = PERIODS.find(([id]) => id === period);
  const end = Math.max(Date.parse(slo.evaluated_at ?? "") || 0, ...slo.history.slice(-1).map(({ at }) => Date.parse(at))) || Date.now();
  return h("div", { className: "card", "aria-busy": isStale },
    h("div", { className: "row" },
      h("h2", null, "Budget over time"),
      h("div", { className: "chips", role: "group", "aria-label": "Period" }, PERIODS.map(([id]) => h("button", {
        key: id, type: "button", className: "chip", "aria-pressed": id === period,
        onClick: () => change({ period: id === "28d" ? undefined : id }, { replace: true }),
      }, id)))),
    slo.history.length
      ? h(Chart, { slo, freezes: service?.freezes ?? [], start: end - days * DAY, end })
      : h("p", { className: "empty" }, "Budget over time appears with the first evaluation after a measurement."),
  );
}

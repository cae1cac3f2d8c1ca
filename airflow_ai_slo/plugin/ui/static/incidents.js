// Incidents of every SLO: those that are open, or all.

import { query } from "./api.js";
import { Fragment, Link, h, place } from "./host.js";
import { usePages } from "./pages.js";
import { Empty, Loading, Problem, Table } from "./parts.js";
import { incidentColumns } from "./sheets.js";

const REFRESH = 30000;
const AT_A_TIME = 50;

export function AllIncidents({ given, change }) {
  const isAll = given.open === "false";
  const asked = `incidents${query({ open: isAll ? undefined : true, service: given.service, limit: AT_A_TIME })}`;
  const { data, error, isStale, reload, rows, next } = usePages(asked, "incidents", { every: REFRESH });
  const choice = (value, words) => h("button", {
    type: "button", className: "chip", "aria-pressed": isAll === (value === "false"), onClick: () => change({ open: value }, { replace: true }),
  }, words);
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { label: "Loading incidents" });
  const first = [{ head: "SLO", cell: ({ slo, title, service }) => h(Fragment, null, h(Link, { to: place({ slo }), className: "strong" }, title || slo), service ? h("small", null, service) : null) }];
  return h(Fragment, null,
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    h("div", { className: "chips", role: "group", "aria-label": "Incidents shown" }, choice(undefined, "Open"), choice("false", "All")),
    rows.length
      ? h("div", { className: "card", "aria-busy": isStale }, h(Table, { name: "incidents", caption: h("span", { className: "unseen" }, "Incidents, newest first"), columns: incidentColumns(first), rows: rows.map((row, index) => ({ ...row, key: index })) }),
          next)
      : h(Empty, { title: isAll ? "No incident so far" : "No incident is open" }, h("p", null, "One opens when a burn rule fires: once for each SLO, however often the rule fires.")));
}

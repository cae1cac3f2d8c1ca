// Who decided what, newest first.

import { query } from "./api.js";
import { Fragment, Link, h, place } from "./host.js";
import { usePages } from "./pages.js";
import { Empty, Loading, Problem, Table, Time } from "./parts.js";
import { capital } from "./words.js";

const AT_A_TIME = 50;

/** The audit log, of one service or of all. */
export function Audit({ service }) {
  const asked = `audit${query({ service, limit: AT_A_TIME })}`;
  const { data, error, reload, rows, next } = usePages(asked, "audit");
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { rows: 4, label: "Loading the audit log" });
  return h("section", { className: "card" },
    h("h2", null, "Audit log"),
    rows.length ? h(Table, { name: "audit", caption: h("span", { className: "unseen" }, "Who decided what, newest first"), columns: columns(!service), rows: rows.map((row, index) => ({ ...row, key: index })) })
      : h("p", { className: "dim" }, "Nothing decided yet: gates, freezes, overrides and releases are written down here."),
    next);
}

function columns(withService) {
  return [
    { head: "Time", kind: "time", cell: ({ at }) => h(Time, { at }) },
    ...(withService ? [{ head: "Service", cell: ({ service }) => (service ? h(Link, { to: place({ view: "service", service }) }, service) : "–") }] : []),
    { head: "Who", cell: ({ actor }) => actor || "–" },
    { head: "What", cell: ({ action }) => capital(String(action).replaceAll("_", " ")) },
    { head: "Detail", cell: ({ detail, labels }) => h(Fragment, null, detail || "–", labels?.length ? h("small", null, `labels ${labels.join(", ")}`) : null) },
  ];
}

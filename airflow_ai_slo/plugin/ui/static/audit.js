// Who decided what, newest first.

import { query, read, useQuery } from "./api.js";
import { Fragment, Link, h, place, useEffect, useState } from "./host.js";
import { Empty, Loading, Problem, Table, Time } from "./parts.js";
import { capital } from "./words.js";

const AT_A_TIME = 50;

/** The audit log, of one service or of all. */
export function Audit({ service }) {
  const asked = `audit${query({ service, limit: AT_A_TIME })}`;
  const { data, error, reload } = useQuery(asked, { keep: true });
  const [more, setMore] = useState({ of: null, rows: [], cursor: null, error: null });
  useEffect(() => setMore({ of: data, rows: [], cursor: data?.next_cursor ?? null, error: null }), [data]);
  const load = () => read(`${asked}&${new URLSearchParams({ cursor: more.cursor })}`)
    .then((page) => setMore((old) => ({ ...old, rows: [...old.rows, ...page.audit], cursor: page.next_cursor, error: null })))
    .catch((failed) => setMore((old) => ({ ...old, error: failed })));
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { rows: 4, label: "Loading the audit log" });
  const rows = [...data.audit, ...(more.of === data ? more.rows : [])];
  return h("section", { className: "card" },
    h("h2", null, "Audit log"),
    rows.length ? h(Table, { name: "audit", caption: h("span", { className: "unseen" }, "Who decided what, newest first"), columns: columns(!service), rows: rows.map((row, index) => ({ ...row, key: index })) })
      : h("p", { className: "dim" }, "Nothing decided yet: gates, freezes, overrides and releases are written down here."),
    more.error ? h(Problem, { error: more.error, retry: load }) : null,
    more.cursor && more.of === data && !more.error ? h("button", { type: "button", className: "button", onClick: load }, "Show more") : null);
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

// The strip on the home page: how many SLOs have which state, what is frozen, and the worst.

import { useQuery } from "./api.js";
import { Fragment, Link, h, place } from "./host.js";
import { Badges, Problem, tone } from "./parts.js";
import { percent, plural } from "./words.js";

const REFRESH = 30000;
const MOST_NAMED = 3;
const STATES = [["spent", "with a spent budget"], ["burning", "burning"], ["unknown", "unknown"], ["healthy", "healthy"]];

export function Strip() {
  const { data, error, reload } = useQuery("summary", { every: REFRESH, keep: true });
  const head = h("h2", null, h(Link, { to: place() }, "SLOs"));
  if (!data) return error ? h("section", { className: "strip" }, head, h(Problem, { error, retry: reload })) : h("section", { className: "strip", "aria-busy": true }, head);
  if (data.empty) {
    return h("section", { className: "strip" }, head, h("p", null, "No SLO yet. ", h(Link, { to: place() }, "Set up the first one"), "."));
  }
  const worst = (data.worst ?? []).filter(({ state }) => state !== "healthy").slice(0, MOST_NAMED);
  return h("section", { className: "strip", "aria-label": "Service level objectives" }, head,
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    h("ul", { className: "tally" },
      STATES.filter(([id]) => data.counts[id]).map(([id, words]) => h("li", { key: id }, h(Link, { to: place({ state: id }) }, h("span", { className: `dot ${id}`, "aria-hidden": true }), h("b", null, data.counts[id].toLocaleString("en")), ` ${words}`))),
      data.frozen?.length ? h("li", null, h(Link, { to: place({ view: "freezes" }) }, h("span", { className: "dot frozen", "aria-hidden": true }), h("b", null, plural(data.frozen.length, "service")), " frozen")) : null,
      h(OpenIncidents, { incidents: data.incidents })),
    worst.length ? h("ul", { className: "worst", "aria-label": "The most urgent" }, worst.map((row) => h("li", { key: row.name },
      h(Link, { to: place({ slo: row.name }) }, row.title || row.name),
      h(Badges, { row }),
      h("b", { className: tone(row.budget.remaining) }, left(row.budget))))) : null);
}

function left({ remaining, estimate }) {
  const about = estimate && remaining !== null ? "≈" : "";
  if (remaining === null) return "budget unknown";
  return remaining < 0 ? `${about}${percent(-remaining, { places: 0 })} over` : `${about}${percent(remaining, { places: 0 })} left`;
}

function OpenIncidents({ incidents = {} }) {
  const open = (incidents.page ?? 0) + (incidents.ticket ?? 0);
  if (!open) return null;
  const words = [["page", "page"], ["ticket", "ticket"]].filter(([id]) => incidents[id]).map(([id, noun]) => plural(incidents[id], noun)).join(" and ");
  return h("li", null, h(Link, { to: place({ view: "incidents" }) }, h("span", { className: `dot ${incidents.page ? "page" : "ticket"}`, "aria-hidden": true }), h(Fragment, null, h("b", null, words), " open")));
}

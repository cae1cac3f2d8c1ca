// The small pieces every page is made of. Text always goes in as text.

import { Fragment, Link, address, h, useCallback, useEffect, useRef, useState } from "./host.js";
import { ago, local, percent, utc, webAddress } from "./words.js";

/** Every state that holds, most urgent first, as [kind, words]. */
/** @param row of an SLO, whose service may be frozen by another one of it, or of a service. */
export function states({ state, incident, freeze, service }) {
  const found = [];
  if (incident) found.push([incident.severity, `${incident.severity === "page" ? "Page" : "Ticket"} open`]);
  if (state === "spent") found.push(["exhausted", "Budget spent"]);
  if (state === "burning" && !incident) found.push(["burning", "Burning"]);
  if (state === "unknown") found.push(["unknown", "Unknown"]);
  if (freeze) found.push(["frozen", freeze === "soft" ? "Soft freeze" : service ? "Service frozen" : "Frozen"]);
  return found.length && !(found.length === 1 && freeze && state === "healthy") ? found : [["healthy", "Healthy"], ...found];
}

export function Badge({ kind, children }) {
  return h("span", { className: `badge ${kind}` }, children);
}

export function Badges({ row }) {
  return h("span", { className: "badges" }, states(row).map(([kind, words]) => h(Badge, { kind, key: kind }, words)));
}

export function tone(remaining) {
  if (remaining === null || remaining === undefined) return "unknown";
  return remaining <= 0 ? "bad" : remaining < 0.25 ? "low" : "good";
}

/** Budget left as a share of a bar; what is over is hatched. */
export function Bar({ share, kind }) {
  const width = `${Math.round(Math.min(Math.max(share ?? 0, 0), 1) * 1000) / 10}%`;
  return h("span", { className: `bar ${kind}`, "aria-hidden": true }, kind !== "bad" && share > 0 ? h("i", { style: { width } }) : null);
}

/** `1 of 2.8 bad runs left`, or why that is unknown. */
export function events({ text }) {
  return text.replace(/^unknown: /, "");
}

/** Budget left: figure, bar, events. */
export function Left({ budget }) {
  const kind = tone(budget.remaining);
  const about = budget.estimate && budget.remaining !== null ? "≈" : "";
  return h(Fragment, null,
    h("b", { className: kind }, about + percent(budget.remaining, { places: 1 })),
    h(Bar, { share: budget.remaining, kind }),
    h("small", null, events(budget)),
  );
}

/** An instant in the user's zone; UTC in its title. */
export function Time({ at, relative = false }) {
  if (!at) return "–";
  return h("time", { dateTime: at, title: relative ? `${local(at)} (${utc(at)})` : utc(at) }, relative ? ago(at) : local(at));
}

/** A link to another page, if its address is a plain one. */
export function External({ to, children }) {
  const href = webAddress(to);
  if (!href) return children;
  const isOurs = href.startsWith(address("").href);
  return h("a", { href, rel: "noopener noreferrer", ...(isOurs ? {} : { target: "_blank" }) }, children,
    isOurs ? null : h("span", { "aria-hidden": true }, " ↗"));
}

export function Loading({ rows = 6, label = "Loading" }) {
  return h("div", { className: "loading", role: "status" },
    h("span", { className: "unseen" }, `${label}…`),
    Array.from({ length: rows }, (_, index) => h("i", { key: index, "aria-hidden": true })),
  );
}

export function Notice({ kind = "", title, children, action }) {
  return h("div", { className: `callout ${kind}`, role: kind === "bad" ? "alert" : "note" },
    h("div", null, title ? h("b", null, title, " ") : null, children),
    action ? h("div", { className: "actions" }, action) : null,
  );
}

const TITLES = {
  0: "No answer.",
  401: "Your session has ended.",
  403: "You may not see this.",
  404: "Not found.",
  503: "The SLO store is away.",
};

/** Whether an error says that nobody is logged in any more. */
export function isEnded(error) {
  return error.status === 401 || /invalid jwt/i.test(error.message);
}

/** Whether the store answers, but has no tables of this version: the message names the command that helps. */
function isUnmigrated(error) {
  return error.status === 503 && error.message.includes("ai-slo db upgrade");
}

/** What went wrong, and what to do about it. */
export function Problem({ error, retry, since }) {
  const mustLogIn = isEnded(error);
  const title = mustLogIn ? TITLES[401] : isUnmigrated(error) ? "The SLO store is not migrated." : (TITLES[error.status] ?? "That did not work.");
  const login = address(`api/v2/auth/login?next=${encodeURIComponent(location.href)}`).href;
  const action = mustLogIn
    ? h("a", { className: "button strong", href: login }, "Log in again")
    : h("button", { type: "button", className: "button", onClick: retry }, "Try again");
  const told = mustLogIn ? "Log in to go on where you were." : error.message;
  return h(Notice, { kind: "bad", title, action: retry || mustLogIn ? action : null }, told,
    since ? " What is shown below is older." : "");
}

/** Nothing there: what that means, and what to do next. */
export function Empty({ title, children }) {
  return h("div", { className: "empty" }, title ? h("h3", null, title) : null, children);
}

/** A line to copy. */
export function Command({ children }) {
  return h("div", { className: "command" }, h("code", null, children), h(Copy, { text: children, what: "the command" }));
}

export function Copy({ text, what }) {
  const [told, setTold] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = useCallback(async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold("Copied");
    } catch {
      setTold("Select it, and copy it by hand");
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setTold(""), 2000);
  }, [text]);
  return h("button", { type: "button", className: "button small", onClick: copy, "aria-label": told ? undefined : `Copy ${what}` },
    h("span", { role: "status" }, told || "Copy"));
}

/** A captioned table that becomes cards where it is narrow. Columns: {head, cell, number, key}. */
export function Table({ caption, columns, rows, name, more, stack = columns.length > 3 }) {
  const role = (given) => (stack ? { role: given } : {});
  return h("div", { className: `sheet ${name ?? ""}` },
    h("table", { className: stack ? "stack" : "", ...role("table") },
      h("caption", null, caption),
      h("thead", role("rowgroup"), h("tr", role("row"), columns.map(({ head, number }) =>
        h("th", { key: head, scope: "col", className: number ? "number" : "", ...role("columnheader") }, head)))),
      h("tbody", role("rowgroup"), rows.map((row, index) => h("tr", { key: row.key ?? index, ...role("row") },
        columns.map((column, place) => h(Cell, { key: column.head, column, row, place, role }))))),
    ),
    more ? h("p", { className: "dim" }, more) : null,
  );
}

function Cell({ column, row, place, role }) {
  const { head, cell, number, kind } = column;
  const content = cell(row);
  const classes = [number ? "number" : "", kind ?? "", content === "–" ? "none" : ""].filter(Boolean).join(" ");
  const named = place ? role("cell") : { scope: "row", ...role("rowheader") };
  return h(place ? "td" : "th", { "data-label": head, className: classes, ...named }, h("div", null, content));
}

/** Views of a page, as links: the current one is told. */
export function Tabs({ tabs, current, label }) {
  return h("nav", { className: "tabs", "aria-label": label }, tabs.map(({ id, name, to, number }) =>
    h(Link, { key: id, to, "aria-current": id === current ? "page" : undefined }, name,
      number ? h("span", { className: "number" }, number.toLocaleString("en")) : null)));
}

export function Pager({ offset, limit, total, noun, onMove }) {
  if (total <= limit && !offset) return null;
  const last = Math.min(offset + limit, total);
  const move = (to) => () => onMove(Math.max(to, 0));
  return h("nav", { className: "pager", "aria-label": "Pages" },
    h("button", { type: "button", className: "button", disabled: offset <= 0, onClick: move(Math.min(offset, total) - limit) }, "Previous"),
    h("span", { role: "status" }, offset >= total ? `none of ${total.toLocaleString("en")} ${noun}` : `${(offset + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${total.toLocaleString("en")} ${noun}`),
    h("button", { type: "button", className: "button", disabled: last >= total, onClick: move(offset + limit) }, "Next"),
  );
}

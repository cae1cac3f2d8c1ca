// The table of SLOs, on the page, on a DAG's tab and on a service's page.

import { Link, h, memo, place } from "./host.js";
import { Badges, Left } from "./parts.js";
import { Spark } from "./spark.js";
import { percent, times } from "./words.js";

const COLUMNS = [
  { id: "name", head: "SLO" },
  { id: "state", head: "State" },
  { id: "sli", head: "SLI", number: true },
  { id: "remaining", head: "Budget left" },
  { id: "burn", head: "Burn", number: true, falls: true },
  { id: "trend", head: "Trend" },
];

/** Columns that the API can order by. */
const ORDERS = ["name", "remaining", "burn", "sli", "state"];

/** @param {{rows: object[], order?: string, onOrder?: (order: string) => void, isBusy?: boolean, caption: string}} props */
export function SLOTable({ rows, order, onOrder, isBusy = false, caption }) {
  const columns = rows.some(({ trend }) => trend) ? COLUMNS : COLUMNS.filter(({ id }) => id !== "trend");
  return h("table", { className: "overview", role: "table", "aria-busy": isBusy },
    h("caption", { className: onOrder ? "unseen" : "" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map((column) => h(Head, { key: column.id, column, order, onOrder })))),
    h("tbody", { role: "rowgroup" }, rows.map((row) => h(Row, { key: row.name, row }))),
  );
}

function Head({ column, order, onOrder }) {
  const { id, head, number, falls } = column;
  const [up, down] = [id, `-${id}`];
  const sorted = order === up ? "ascending" : order === down ? "descending" : undefined;
  const content = onOrder && ORDERS.includes(id)
    ? h("button", { type: "button", className: "sort", onClick: () => onOrder(next(sorted, falls, up, down)) }, head,
        h("span", { "aria-hidden": true, className: "arrow" }, sorted ? (sorted === "ascending" ? "↑" : "↓") : "↕"))
    : head;
  return h("th", { role: "columnheader", scope: "col", className: [id, number ? "number" : ""].join(" ").trim(), "aria-sort": sorted }, content);
}

function next(sorted, falls, up, down) {
  if (!sorted) return falls ? down : up;
  return sorted === "ascending" ? down : up;
}

const Row = memo(function Row({ row }) {
  const isMet = row.sli === null ? "unknown" : row.sli >= row.objective - 1e-12 ? "good" : "bad";
  const burn = row.burn === null ? "unknown" : row.burn > 1 ? "bad" : "";
  const cell = (id, label, ...content) => h("td", { role: "cell", className: id, "data-label": label }, ...content);
  return h("tr", { role: "row" },
    h("th", { role: "rowheader", scope: "row", className: "name" },
      h(Link, { to: place({ slo: row.name }), className: "whole" }, row.title || row.name),
      h("small", null, row.service ? `${row.service} · ` : "", row.name)),
    cell("state", undefined, h(Badges, { row })),
    cell("sli number", "SLI", h("b", { className: isMet }, percent(row.sli, { against: [row.objective] })),
      h("small", null, `objective ${percent(row.objective, { places: 9 })}`)),
    cell("left", "Budget left", h(Left, { budget: row.budget })),
    cell("burn number", "Burn", h("b", { className: burn }, times(row.burn)), h("small", null, `over ${row.window}`)),
    row.trend ? cell("trend", undefined, h(Spark, { trend: row.trend })) : null,
  );
});

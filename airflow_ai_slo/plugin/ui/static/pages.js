// Answers that come a page at a time: the first one, and those that somebody asked for after it.

import { read, useQuery } from "./api.js";
import { h, useEffect, useState } from "./host.js";
import { Problem } from "./parts.js";

/**
 * The rows of all pages so far under a field of the answer, and what leads to the next page.
 *
 * A page is taken once, however often it was asked for; when the first page changes, the others are dropped.
 */
export function usePages(asked, field, options) {
  const { data, error, isStale, reload } = useQuery(asked, { keep: true, ...options });
  const [more, setMore] = useState({ of: null, rows: [], cursor: null, error: null });
  useEffect(() => setMore({ of: data, rows: [], cursor: data?.next_cursor ?? null, error: null }), [data]);
  const { cursor } = more;
  const isNext = (old) => old.of === data && old.cursor === cursor;
  const load = () => read(`${asked}&${new URLSearchParams({ cursor })}`).then(
    (page) => setMore((old) => (isNext(old) ? { of: data, rows: [...old.rows, ...page[field]], cursor: page.next_cursor, error: null } : old)),
    (failed) => setMore((old) => (isNext(old) ? { ...old, error: failed } : old)));
  const isCurrent = more.of === data;
  return {
    data, error, isStale, reload,
    rows: data ? [...data[field], ...(isCurrent ? more.rows : [])] : [],
    next: isCurrent ? h(Next, { more, load }) : null,
  };
}

function Next({ more, load }) {
  if (more.error) return h(Problem, { error: more.error, retry: load });
  return more.cursor ? h("button", { type: "button", className: "button", onClick: load }, "Show more") : null;
}

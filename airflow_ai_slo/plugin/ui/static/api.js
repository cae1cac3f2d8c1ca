// Asking the REST API: errors in words, answers kept with their ETag, and queries that refresh themselves.

import { address, useCallback, useEffect, useState } from "./host.js";

const ROOT = "ai-slo/api/v1/";
const MOST_KEPT = 80;
const kept = new Map();
const underWay = new Map();
const changes = new EventTarget();

/** What went wrong: an HTTP status (0 where no answer came) and a line to show. */
export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The API's path of names that may hold slashes and anything else. */
export function path(...parts) {
  return parts.map((part) => String(part).split("/").map(encodeURIComponent).join("/")).join("/");
}

/** `?a=1&b=2` of what is given; a list repeats its name. */
export function query(parameters) {
  const given = Object.entries(parameters)
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]]))
    .filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** GET, once for all who ask at a time; an unchanged answer is the very same object. */
export function read(asked) {
  let answer = underWay.get(asked);
  if (!answer) {
    answer = get(asked).finally(() => {
      if (underWay.get(asked) === answer) underWay.delete(asked);
    });
    underWay.set(asked, answer);
  }
  return answer;
}

async function get(asked) {
  const known = kept.get(asked);
  const answer = await send(asked, { headers: known?.etag ? { "If-None-Match": known.etag } : {} }, [304]);
  if (answer.status === 304 && known) return known.data;
  const text = await answer.text();
  const data = known?.text === text ? known.data : parsed(text, answer.status);
  kept.delete(asked);
  kept.set(asked, { data, text, etag: answer.headers.get("ETag") });
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return data;
}

/** POST, DELETE…, after which every query on the page asks anew. The custom header is the API's guard against requests that other sites forge. */
export async function write(method, asked, sent) {
  const headers = { "Content-Type": "application/json", "X-AI-SLO": "1" };
  const answer = await send(asked, { method, headers, body: sent === undefined ? undefined : JSON.stringify(sent) });
  const said = answer.status === 204 ? null : parsed(await answer.text(), answer.status);
  // Answers that are under way may tell of the time before.
  kept.clear();
  underWay.clear();
  changes.dispatchEvent(new Event("written"));
  return said;
}

async function send(asked, options, taken = []) {
  let answer;
  try {
    answer = await fetch(address(ROOT + asked), { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Failure(0, "Airflow's API server does not answer.");
  }
  if (!answer.ok && !taken.includes(answer.status)) throw await failure(answer);
  return answer;
}

function parsed(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(status, "The answer is no JSON; something between this browser and Airflow changed it.");
  }
}

async function failure(answer) {
  let detail = "";
  try {
    detail = words((await answer.json()).detail);
  } catch {
    // A proxy's page: its status says enough.
  }
  return new Failure(answer.status, detail || `Airflow answered with status ${answer.status}.`);
}

function words(detail) {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return "";
  return detail.map((one) => [one.loc?.slice(1).join("."), one.msg].filter(Boolean).join(": ")).join("; ");
}

/**
 * The answer to a GET, refreshed every so many milliseconds while the page is looked at.
 *
 * What was shown stays until the next answer is there, so nothing flickers: `isStale` says that it answers another path,
 * and with `keep: false` it is dropped then. An error leaves the data that were there.
 */
export function useQuery(asked, { every = 0, keep = false } = {}) {
  const [answer, setAnswer] = useState(() => ({ asked, data: kept.get(asked)?.data, error: null }));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!asked) return undefined;
    let isOver = false;
    let timer = 0;
    let last = 0;
    const load = async () => {
      clearTimeout(timer);
      last += 1;
      const mine = last;
      const next = await read(asked).then((data) => ({ data, error: null }), (error) => ({ error }));
      if (isOver || mine !== last) return;
      setAnswer((old) => {
        const now = { asked, data: old.asked === asked || keep ? old.data : undefined, ...next };
        return old.asked === asked && old.data === now.data && old.error === now.error ? old : now;
      });
      if (every && !document.hidden) timer = setTimeout(load, every);
    };
    const look = () => (document.hidden ? clearTimeout(timer) : load());
    load();
    if (every) document.addEventListener("visibilitychange", look);
    changes.addEventListener("written", load);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
      changes.removeEventListener("written", load);
    };
  }, [asked, every, keep, turn]);
  const isStale = answer.asked !== asked;
  const shown = isStale && !keep ? { data: kept.get(asked)?.data, error: null } : answer;
  return { data: shown.data, error: isStale ? null : shown.error, isStale, reload: useCallback(() => setTurn((n) => n + 1), []) };
}

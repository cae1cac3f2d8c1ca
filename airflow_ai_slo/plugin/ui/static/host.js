// What the host, Airflow's UI, lends: its React, its router, its theme and its user's time zone.

const { React, ReactRouterDOM: Router } = globalThis;

export const h = React.createElement;
export const { Fragment, memo, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } = React;

export const PAGE = "/plugin/slos";

/** Where a page of ours lies inside the host's router; empty and missing parameters are left out. */
export function place(parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query ? `${PAGE}?${query}` : PAGE;
}

/** A link inside the host, followed without loading a page. */
export function Link({ to, children, ...rest }) {
  return h(Router.Link, { to, ...rest }, children);
}

/**
 * The address's parameters, and a function that changes some of them: `change({offset: 50}, {replace: true})`. It changes
 * the address as it is by then, so that two changes one after the other both hold.
 */
export function useAddress() {
  const { search } = Router.useLocation();
  const navigate = Router.useNavigate();
  const given = useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
  const now = useRef(given);
  now.current = given;
  const change = useCallback((changes, options) => navigate(place({ ...now.current, ...changes }), options), [navigate]);
  return [given, change];
}

const settled = new Set();

/**
 * Whether a page may show what can be typed into. The host wraps a page in another element from its second rendering on,
 * which mounts the page anew, and would take the focus of whoever types just then. So that is made to happen first.
 */
export function useSettled(name) {
  const location = Router.useLocation();
  const navigate = Router.useNavigate();
  const ready = settled.has(name);
  useEffect(() => {
    if (settled.has(name)) return;
    settled.add(name);
    navigate(location, { replace: true });
  }, []);
  return ready;
}

/** An address of Airflow's, under its base URL's prefix. */
export function address(path) {
  return new URL(path, document.baseURI);
}

/** The zone that was chosen in Airflow, else the browser's. */
export function zone() {
  try {
    const chosen = (localStorage.getItem("timezone") ?? "").replaceAll('"', "");
    if (chosen) {
      new Intl.DateTimeFormat("en", { timeZone: chosen });
      return chosen;
    }
  } catch {
    // No storage, or a zone that this browser does not know.
  }
  return Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
}

/** Let a page say what it is in the browser's tab. */
export function useTitle(title) {
  useEffect(() => {
    const before = document.title;
    if (title) document.title = title;
    return () => {
      document.title = before;
    };
  }, [title]);
}

// Reading a chart point by point, by pointer or arrow keys.

import { Fragment, h, useCallback, useRef, useState } from "./host.js";
import { local, percent, times, utc } from "./words.js";

const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
const NEAR = 0.01;

/** @param {{points: object[], events: {from: number, to: number, words: string}[], scale: object}} props */
export function Scan({ points, events, scale }) {
  const [at, setAt] = useState(null);
  const area = useRef(null);
  const last = points.length - 1;
  const point = at === null ? null : points[Math.min(at, last)];
  const share = point ? scale.share(point.time) : 0;
  const near = point ? events.filter(({ from, to }) => share >= from - NEAR && share <= to + NEAR) : [];
  const nearest = (event) => {
    const box = area.current.getBoundingClientRect();
    const wanted = scale.start + ((event.clientX - box.left) / box.width) * (scale.end - scale.start);
    return points.reduce((best, one, index) => (Math.abs(one.time - wanted) < Math.abs(points[best].time - wanted) ? index : best), 0);
  };
  const follow = (event) => setAt(nearest(event));
  const hide = useCallback(() => setAt(null), []);
  const press = (event) => {
    if (event.key === "Escape") hide();
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    setAt(Math.min(Math.max((at ?? last) + STEPS[event.key], 0), last));
  };
  return h(Fragment, null,
    h("div", {
      ref: area, className: "scan", tabIndex: 0, role: "slider", "aria-label": "Read the chart point by point",
      "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": at ?? last,
      "aria-valuetext": point ? words(point, near).join(". ") : undefined,
      onPointerMove: follow, onPointerDown: follow, onPointerLeave: hide, onBlur: hide, onKeyDown: press,
      onFocus: () => area.current.matches(":focus-visible") && setAt(last),
    }, point ? h("i", { style: { left: `${share * 100}%` } }) : null),
    point ? h("div", { className: "tip", style: share > 0.5 ? { right: `calc(${(1 - share) * 100}% + 12px)` } : { left: `calc(46px + ${share} * (100% - 46px) + 12px)` } },
      words(point, near).map((one, index) => h("div", { key: index, className: index ? "" : "dim" }, one))) : null,
  );
}

function words(point, near) {
  return [
    `${local(point.at)} (${utc(point.at)})`,
    `Budget left ${percent(point.remaining, { places: 1 })}`,
    `SLI ${percent(point.sli)}, burn ${times(point.burn)}`,
    ...near.map((one) => one.words),
  ];
}

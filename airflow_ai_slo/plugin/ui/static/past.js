// Taking over the runs that Airflow has on record, for SLOs that are measured from it.

import { useQuery, write } from "./api.js";
import { h, useEffect, useRef, useState } from "./host.js";
import { Notice, Problem } from "./parts.js";
import { plural } from "./words.js";

const LOOK = 2000;
const DAYS = 90;

/** Whether an SLO waits for its first measurement though Airflow's record may hold some. */
export function isWaiting({ source, total }) {
  return source === "airflow" && !total;
}

/** The button, for those who may, and how far it has come. */
export function Past({ reload }) {
  const [isRunning, setRunning] = useState(false);
  const [failed, setFailed] = useState(null);
  const asked = useRef(false);
  const job = useQuery("import-history", { every: isRunning ? LOOK : 0, keep: true });
  const me = useQuery("me");
  const state = job.data?.state ?? "";
  useEffect(() => {
    setRunning(state === "running");
    if (state === "running") asked.current = true;
    else if (state === "done" && asked.current) reload?.();
  }, [job.data]);
  if (job.error && !job.data) return h(Problem, { error: job.error, retry: job.reload });
  if (failed) return h(Problem, { error: failed, retry: () => setFailed(null) });
  if (state === "running") return h(Progress, { job: job.data });
  if (me.data && !me.data.can_write) return h("p", { className: "dim" }, "Someone who may change Airflow's variables can take over past runs here.");
  return h("div", null,
    state === "failed" ? h(Notice, { kind: "bad", title: "The last import failed:" }, job.data.detail) : null,
    state === "done" ? h("p", { role: "status" }, `Last time: ${job.data.detail || `${plural(job.data.done ?? 0, "run")} looked at`}.`) : null,
    h(Start, { isReady: Boolean(me.data && job.data), asked, setFailed }));
}

function Start({ isReady, asked, setFailed }) {
  const [isSent, setSent] = useState(false);
  const start = async () => {
    setSent(true);
    asked.current = true;
    try {
      await write("POST", "import-history", { days: DAYS });
    } catch (error) {
      setFailed(error);
    }
    setSent(false);
  };
  return h("button", { type: "button", className: "button strong", disabled: !isReady || isSent, onClick: start }, `Take over the runs of the last ${DAYS} days`);
}

function Progress({ job }) {
  const { done = 0, total } = job;
  return h("p", { role: "status" }, h("progress", { max: total || 1, value: total ? done : undefined, "aria-label": "Taking over past runs" }),
    ` ${done.toLocaleString("en")}${total ? ` of ${plural(total, "run")}` : ""} looked at`);
}

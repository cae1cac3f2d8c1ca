// No SLO is there yet: the three ways to the first ones.

import { useQuery, write } from "./api.js";
import { h, useEffect, useState } from "./host.js";
import { Command, Notice, Problem } from "./parts.js";
import { plural } from "./words.js";

const LOOK = 2000;
const DAYS = 90;

export function Onboarding({ reload }) {
  return h("section", { className: "onboarding" },
    h("h2", null, "No SLO yet"),
    h("p", { className: "about" }, "A service level objective says how often a pipeline has to be right: “99% of runs finish by 06:00, over 28 days”. What may go wrong is its error budget; this page shows how much of it is left."),
    h("ol", { className: "ways" },
      h("li", null, h("h3", null, "Let your runs suggest them"), h("p", null, "Reads the history that Airflow has already, and writes definitions with objectives your DAGs have met."), h(Command, null, "ai-slo suggest --output slos/")),
      h("li", null, h("h3", null, "Apply them"), h("p", null, "Definitions are OpenSLO files. Check them, keep them in Git, apply them as often as you like."), h(Command, null, "ai-slo apply slos/")),
      h("li", null, h("h3", null, "Start with a past"), h("p", null, "Take over the runs of the last ", String(DAYS), " days, so that budgets are known at once."), h(Import, { reload })),
    ),
    h("p", { className: "dim" }, "Or begin with a template for the kind of service you have: ", h("code", null, "ai-slo init --template batch-prediction"), "."),
  );
}

/** Takes over past runs; only where the API offers it, and only for those who may. */
export function Import({ reload }) {
  const [every, setEvery] = useState(0);
  const [failed, setFailed] = useState(null);
  const job = useQuery("import-history", { every, keep: true });
  const me = useQuery("me");
  const state = job.data?.state ?? "";
  useEffect(() => {
    setEvery(state === "running" ? LOOK : 0);
    if (state === "done") reload?.();
  }, [state]);
  if (job.error?.status === 404 || job.error?.status === 405) return h(Command, null, `ai-slo import-history --days ${DAYS}`);
  if (failed) return h(Problem, { error: failed, retry: () => setFailed(null) });
  if (state === "running") {
    const { done = 0, total } = job.data;
    return h("p", { role: "status" }, h("progress", { max: total || 1, value: total ? done : undefined, "aria-label": "Taking over past runs" }),
      ` ${done.toLocaleString("en")}${total ? ` of ${total.toLocaleString("en")}` : ""} taken over`);
  }
  if (me.data && !me.data.can_write) return h("p", { className: "dim" }, "Someone who may change this Airflow can start it here.");
  const start = async () => {
    try {
      await write("POST", "import-history", { days: DAYS });
      job.reload();
    } catch (error) {
      setFailed(error);
    }
  };
  return h("div", null,
    state === "failed" ? h(Notice, { kind: "bad", title: "The last import failed." }, job.data.detail) : null,
    state === "done" ? h("p", { role: "status" }, `${plural(job.data.done ?? 0, "run")} taken over.`) : null,
    h("button", { type: "button", className: "button strong", disabled: !me.data, onClick: start }, "Take over past runs"));
}

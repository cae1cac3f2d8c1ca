// The tab of a DAG and of a task: the SLOs that it feeds.

import { path, query, useQuery } from "./api.js";
import { Fragment, Link, h, place } from "./host.js";
import { Command, Empty, Loading, Problem } from "./parts.js";
import { SLOTable } from "./rows.js";
import { quoted } from "./words.js";

const REFRESH = 30000;

export function Tab({ dagId, taskId }) {
  const asked = taskId ? path("tasks", dagId, taskId, "slos") : path("dags", dagId, "slos");
  const withTrend = `${asked}${query({ trend: true })}`;
  const { data, error, reload } = useQuery(withTrend, { every: REFRESH });
  const what = taskId ? "task" : "DAG";
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { rows: 3, label: `Loading the ${what}'s SLOs` });
  if (!data.slos.length) {
    return h(Empty, { title: `No SLO of this ${what} yet` },
      taskId
        ? h("p", null, "Tasks that measure (operators of airflow_ai_slo, ", h("code", null, "@task.measure_slo"), ") show the SLOs they measure for here.")
        : h(Fragment, null,
            h("p", null, "Let this DAG's own runs suggest an objective that they have met:"),
            h(Command, null, `ai-slo suggest --dag ${quoted(dagId)}`),
            h("p", null, "Then take it, with the runs of the past:"),
            h(Command, null, `ai-slo suggest --dag ${quoted(dagId)} --output slos/ --import`)),
      h("p", null, h(Link, { to: place() }, "All SLOs")));
  }
  return h(Fragment, null,
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    h(SLOTable, { rows: data.slos, caption: `SLOs that this ${what} feeds` }),
    h("p", { className: "footnote" }, h(Link, { to: place() }, "All SLOs")));
}

// Which services are frozen now, what to do about it, and who did what before.

import { useQuery } from "./api.js";
import { Audit } from "./audit.js";
import { FreezeState } from "./freeze.js";
import { Fragment, h } from "./host.js";
import { Empty, Loading, Problem } from "./parts.js";

const REFRESH = 30000;

export function Freezes({ given, change }) {
  const { data, error, reload } = useQuery("freezes", { every: REFRESH, keep: true });
  if (!data) return error ? h(Problem, { error, retry: reload }) : h(Loading, { rows: 3, label: "Loading freezes" });
  return h(Fragment, null,
    error ? h(Problem, { error, retry: reload, since: true }) : null,
    data.freezes.length
      ? data.freezes.map((freeze) => h(FreezeState, { key: freeze.service, service: freeze.service, freeze, override: freeze.override, withName: true }))
      : h(Empty, { title: "No service is frozen" }, h("p", null, "A service freezes when an SLO that opted in (", h("code", null, 'airflow-ai-slo/freeze: "true"'), ") has spent its budget. Gates then hold changes back until budget is there again.")),
    h(Audit, { given, change }));
}

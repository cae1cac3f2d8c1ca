// No SLO is there yet: the way to the first ones, with a past.

import { h } from "./host.js";
import { Command } from "./parts.js";

export function Onboarding() {
  return h("section", { className: "onboarding" },
    h("h2", null, "No SLO yet"),
    h("p", { className: "about" }, "A service level objective says how often a pipeline has to be right: “99% of runs finish by 06:00, over 28 days”. What may go wrong is its error budget; this page shows how much of it is left."),
    h("ol", { className: "ways" },
      h("li", null, h("h3", null, "Let your runs suggest them"), h("p", null, "Reads the history that Airflow has already, and writes definitions with objectives your DAGs have met."), h(Command, null, "ai-slo suggest --output slos/")),
      h("li", null, h("h3", null, "Apply them"), h("p", null, "Definitions are OpenSLO files. Check them, keep them in Git, apply them as often as you like."), h(Command, null, "ai-slo apply slos/")),
      h("li", null, h("h3", null, "Start with a past"), h("p", null, "Then take over the runs that Airflow has on record, so that budgets are known at once: by this line, or by the button that this page shows once SLOs are applied."), h(Command, null, "ai-slo import-history --days 90")),
    ),
    h("p", { className: "dim" }, "Or begin with a template for the kind of service you have: ", h("code", null, "ai-slo init --template batch-prediction"), "."),
  );
}

// What Airflow loads: the page, the tabs and the strip, under the names that the plugin registers.

import { read } from "./api.js";
import { Detail, detailPath } from "./detail.js";
import { Freezes } from "./freezes.js";
import { PAGE, h, place, useAddress, useSettled, useTitle } from "./host.js";
import { AllIncidents } from "./incidents.js";
import { List, listPath } from "./list.js";
import { Loading, Tabs } from "./parts.js";
import { Service, Services } from "./services.js";
import { Strip } from "./strip.js";
import { Tab } from "./tab.js";

const STYLES = ["base.css", "page.css", "chart.css"];
const VIEWS = { services: Services, service: Service, freezes: Freezes, incidents: AllIncidents };
const TABS = [["", "SLOs"], ["services", "Services"], ["freezes", "Freezes"], ["incidents", "Incidents"]];

function Page() {
  const [given, change] = useAddress();
  const ready = useSettled("SLOs");
  useTitle("SLOs");
  if (!ready) return h(Loading, { rows: 8 });
  const view = given.slo ? "slo" : given.view ?? "";
  if (given.slo) return h(Detail, { given, change });
  if (view === "service" && given.service) return h(Service, { given, change });
  const tabs = TABS.map(([id, name]) => ({ id, name, to: place({ view: id }) }));
  return h("div", { className: "stackup" },
    h("header", { className: "head" }, h("div", null, h("h1", null, "Service level objectives"))),
    h(Tabs, { tabs, current: view, label: "Views" }),
    h(VIEWS[view] ?? List, { key: view, given, change }));
}

function SLOs({ dagId, taskId }) {
  const [kind, content] = dagId ? ["tab", h(Tab, { dagId, taskId })] : ["page", h(Page)];
  return h("div", { className: `ai-slo ${kind}` }, content);
}

function Summary() {
  return h("div", { className: "ai-slo home" }, h(Strip));
}

/** Style sheets as links: a content security policy may forbid styles in a document. */
function styled(file) {
  const href = new URL(file, import.meta.url).href;
  const known = [...document.querySelectorAll("link[rel=stylesheet]")].some((link) => link.href === href);
  if (known) return undefined;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}

/** The page's figures are asked for while its styles load. */
function ahead() {
  if (!location.pathname.endsWith(PAGE)) return;
  const given = Object.fromEntries(new URLSearchParams(location.search));
  if (given.slo) read(detailPath(given)).catch(() => {});
  else if (!given.view) read(listPath(given)).catch(() => {});
}

ahead();
await Promise.all(STYLES.map(styled));
Object.assign(globalThis, { SLOs, "SLO summary": Summary });

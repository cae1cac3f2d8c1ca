// A service's freeze: since when and why, who lets changes pass, and what a user with the right may do about it.

import { path, useQuery, write } from "./api.js";
import { Fragment, Link, h, place, useState } from "./host.js";
import { Confirm, OverrideForm } from "./override.js";
import { Notice, Time } from "./parts.js";

const MOST_TOLD = 3;

/** What a freeze says, in one sentence. */
export function FreezeWords({ freeze, override }) {
  const slos = freeze.slos ?? (freeze.reasons ?? []).map((reason) => reason.slo ?? reason);
  const because = slos.length
    ? h(Fragment, null, " because ", slos.slice(0, 3).map((name, index) => h(Fragment, { key: name }, index ? ", " : "", h(Link, { to: place({ slo: name }) }, name))),
        slos.length > 3 ? ` and ${slos.length - 3} more` : "", slos.length === 1 ? " has spent its budget" : " have spent their budgets")
    : "";
  return h(Fragment, null,
    freeze.since ? h(Fragment, null, " since ", h(Time, { at: freeze.since })) : null, because, ".",
    thaws(freeze),
    freeze.ends_at ? h(Fragment, null, " It ends by ", h(Time, { at: freeze.ends_at }), " at the latest.") : null,
    override ? h(Fragment, null, " ", h("b", null, override.author ?? "Someone"), " lets changes pass until ", h(Time, { at: override.until }), `: ${override.reason}`) : null);
}

function thaws({ reasons }) {
  const said = [...new Set((reasons ?? []).map((reason) => reason.thaws).filter(Boolean))].slice(0, MOST_TOLD);
  return said.map((one) => h("small", { key: one }, `${one}.`));
}

/** A freeze as a callout with its actions. */
export function FreezeState({ service, freeze, override, withName = false }) {
  if (!freeze) return null;
  const title = `${withName ? `${service} is ` : ""}${freeze.mode === "soft" ? "Soft freeze: changes are warned of" : withName ? "frozen" : "Frozen"}`;
  return h(Notice, { kind: override ? "warn" : "ice", title, action: h(FreezeActions, { service, override }) }, h(FreezeWords, { freeze, override }));
}

export function FreezeActions({ service, override }) {
  const me = useQuery("me");
  const [asks, setAsks] = useState("");
  if (!me.data) return null;
  if (!me.data.can_write) {
    return h("p", { className: "dim right" }, `You are ${me.data.name}, and may look only. Overriding needs the right to change Airflow's variables.`);
  }
  const close = () => setAsks("");
  const button = (id, words, strong) => h("button", { type: "button", className: `button ${strong ? "strong" : ""}`, onClick: () => setAsks(id) }, words);
  const base = path("freezes", service);
  return h(Fragment, null,
    override ? button("revoke", "Revoke override") : button("override", "Override…", true),
    button("release", "Release…"),
    asks === "override" ? h(OverrideForm, { service, close }) : null,
    asks === "revoke" ? h(Confirm, { title: `Revoke the override of ${service}?`, words: "Changes wait again from now on.", act: () => write("DELETE", `${base}/override`), verb: "Revoke it", close }) : null,
    asks === "release" ? h(Confirm, {
      title: `Release the freeze of ${service}?`, verb: "Release it", needsReason: true, close,
      words: "The freeze ends now, though its budget is not back. It is written to the audit log under your name.",
      act: (reason) => write("POST", `${base}/release`, { reason }),
    }) : null);
}

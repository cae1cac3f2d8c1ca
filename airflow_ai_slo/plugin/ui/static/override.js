// Letting changes pass during a freeze: a reason, an end, and one more look before it counts.

import { path, write } from "./api.js";
import { h, useEffect, useId, useRef, useState } from "./host.js";
import { Notice, Problem, isEnded } from "./parts.js";
import { local, utc } from "./words.js";

const HOUR = 3600000;
const CHOICES = [["1", "1 hour"], ["4", "4 hours"], ["24", "1 day"], ["72", "3 days"], ["own", "Until…"]];
const LONGEST_REASON = 500;
const DOUBLE_CLICK = 500;

/** A dialog that keeps the focus and closes on Escape; the element does that by itself. */
export function Dialog({ title, close, children }) {
  const shown = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    shown.current.showModal();
    return () => before?.focus?.();
  }, []);
  const leave = (event) => {
    event.preventDefault();
    close();
  };
  return h("dialog", { ref: shown, className: "dialog", "aria-labelledby": id, onCancel: leave, onKeyDown: (event) => event.stopPropagation() }, h("h2", { id }, title), children);
}

/** @param {{isLate?: boolean}} props isLate: the second click of a double click on the dialog before does not count here */
function Buttons({ close, verb, isBusy, onBack, isLate = false }) {
  const [isReady, setReady] = useState(!isLate);
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), DOUBLE_CLICK);
    return () => clearTimeout(timer);
  }, []);
  return h("div", { className: "actions end" },
    h("button", { type: "button", className: "button", onClick: onBack ?? close, disabled: isBusy }, onBack ? "Back" : "Cancel"),
    h("button", { type: "submit", className: "button strong", disabled: isBusy || !isReady }, isBusy ? "…" : verb));
}

/** Ask once more, with a reason where one is needed. */
export function Confirm({ title, words, verb, needsReason = false, act, close }) {
  const [reason, setReason] = useState("");
  const [failed, submit, isBusy] = useAct(() => act(reason.trim()), close);
  return h(Dialog, { title, close }, h("form", { onSubmit: submit },
    h("p", null, words),
    needsReason ? h(Reason, { value: reason, onChange: setReason }) : null,
    failed, h(Buttons, { close, verb, isBusy })));
}

export function OverrideForm({ service, close }) {
  const [reason, setReason] = useState("");
  const [choice, setChoice] = useState("4");
  const [own, setOwn] = useState(() => wall(Date.now() + 24 * HOUR));
  const [until, setUntil] = useState(null);
  const [wrong, setWrong] = useState("");
  const [failed, submit, isBusy] = useAct(() => write("POST", `${path("freezes", service)}/override`, { reason: reason.trim(), until }), close);
  const check = (event) => {
    event.preventDefault();
    const end = choice === "own" ? new Date(own).getTime() : Date.now() + Number(choice) * HOUR;
    if (!reason.trim()) setWrong("Give a reason: it stands in the audit log and in the messages about this freeze.");
    else if (!(end > Date.now())) setWrong("Give an end that lies ahead.");
    else {
      setWrong("");
      setUntil(new Date(Math.ceil(end / 60000) * 60000).toISOString());
    }
  };
  if (until) {
    return h(Dialog, { key: "confirm", title: "Let changes pass?", close }, h("form", { onSubmit: submit },
      h("p", null, "Until ", h("b", null, local(until)), ` (${utc(until)}) every change to `, h("b", null, service), " passes its gates, though the budget is spent."),
      h("p", { className: "dim" }, "Reason: ", reason.trim()),
      failed, h(Buttons, { close, verb: "Override the freeze", isBusy, isLate: true, onBack: () => setUntil(null) })));
  }
  return h(Dialog, { key: "form", title: `Override the freeze of ${service}`, close }, h("form", { onSubmit: check, noValidate: true },
    h(Reason, { value: reason, onChange: setReason }),
    h("fieldset", null, h("legend", null, "For how long"), h("div", { className: "choices" }, CHOICES.map(([value, words]) => h("label", { key: value },
      h("input", { type: "radio", name: "until", value, checked: choice === value, onChange: () => setChoice(value) }), words)))),
    choice === "own" ? h("label", { className: "field" }, `Until, in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`,
      h("input", { type: "datetime-local", value: own, onChange: (event) => setOwn(event.target.value) })) : null,
    wrong ? h(Notice, { kind: "bad" }, wrong) : null,
    h(Buttons, { close, verb: "Continue" })));
}

function Reason({ value, onChange }) {
  return h("label", { className: "field" }, "Reason", h("textarea", {
    value, rows: 3, maxLength: LONGEST_REASON, autoFocus: true, required: true, placeholder: "Hotfix for the duplicated orders, reviewed by …",
    onChange: (event) => onChange(event.target.value),
  }));
}

/** Submitting once, and what went wrong. */
function useAct(act, done) {
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const underWay = useRef(false);
  const submit = async (event) => {
    event.preventDefault();
    if (underWay.current) return;
    underWay.current = true;
    setBusy(true);
    setError(null);
    try {
      await act();
      done();
    } catch (failed) {
      underWay.current = false;
      setBusy(false);
      setError(failed);
    }
  };
  return [error ? h(Failed, { error }) : null, submit, isBusy];
}

function Failed({ error }) {
  if (isEnded(error)) return h(Problem, { error });
  return h(Notice, { kind: "bad" }, error.status === 403 ? "You may not do this: it needs the right to change Airflow's variables." : error.message);
}

/** An instant as the browser's clock on the wall shows it, for an input. */
function wall(at) {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

(() => {
  "use strict";
  const time = (minute) => new Date(minute * 60000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
  const column = (text) => {
    let last = "";
    return text.split("|").map((word) => (last = word || last));
  };
  const percent = (length) => parseFloat(length.getAttribute("x") || "0");

  function read(plot) {
    const { span, start, minutes, budget, sli, burn } = plot.dataset;
    let minute = 0;
    const at = minutes.split(" ").map((step) => (minute += Number(step)));
    const stretches = [...plot.querySelectorAll(".stretch")].map((group) => {
      const rect = group.querySelector("rect");
      const from = percent(rect);
      return { from, to: from + parseFloat(rect.getAttribute("width")), words: group.querySelector("title").textContent };
    });
    return { at, span: Number(span) || 1, start: Number(start), budget: column(budget), sli: column(sli), burn: column(burn), stretches };
  }

  function scan(plot) {
    const area = document.createElement("div");
    const line = document.createElement("i");
    const tip = document.createElement("div");
    let points = null;
    let now = 0;
    area.className = "scan";
    area.tabIndex = 0;
    area.setAttribute("role", "slider");
    area.setAttribute("aria-label", "Read the plot point by point");
    area.setAttribute("aria-valuemin", "0");
    area.setAttribute("aria-valuenow", "0");
    tip.className = "tip";
    line.hidden = tip.hidden = true;
    area.append(line);
    plot.append(area, tip);

    const load = () => {
      points ??= read(plot);
      area.setAttribute("aria-valuemax", String(points.at.length - 1));
      return points;
    };
    const show = (index) => {
      const { at, span, start, budget, sli, burn, stretches } = load();
      now = Math.min(Math.max(index, 0), at.length - 1);
      const share = Math.min(at[now] / span, 1);
      const near = stretches.filter(({ from, to }) => share * 100 >= from - 1 && share * 100 <= to + 1);
      const words = [time(start + at[now]), `Budget left ${budget[now]}`, `SLI ${sli[now]}, burn ${burn[now]}`, ...near.map((one) => one.words)];
      tip.textContent = words.join("\n");
      area.setAttribute("aria-valuenow", String(now));
      area.setAttribute("aria-valuetext", words.join(". "));
      line.hidden = tip.hidden = false;
      line.style.left = `${share * 100}%`;
      const x = area.offsetLeft + share * area.offsetWidth;
      const left = share > 0.5 ? x - tip.offsetWidth - 12 : x + 12;
      tip.style.left = `${Math.min(Math.max(left, 0), plot.offsetWidth - tip.offsetWidth)}px`;
    };
    const hide = () => (line.hidden = tip.hidden = true);
    const nearest = (event) => {
      const { at, span } = load();
      const wanted = ((event.clientX - area.getBoundingClientRect().left) / area.offsetWidth) * span;
      let low = 0;
      let high = at.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (at[middle] < wanted) low = middle;
        else high = middle;
      }
      return wanted - at[low] < at[high] - wanted ? low : high;
    };
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    area.addEventListener("pointermove", (event) => show(nearest(event)));
    area.addEventListener("pointerdown", (event) => show(nearest(event)));
    area.addEventListener("pointerleave", hide);
    area.addEventListener("focus", () => area.matches(":focus-visible") && show(load().at.length - 1));
    area.addEventListener("blur", hide);
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      if (!(event.key in steps)) return;
      event.preventDefault();
      show(now + steps[event.key]);
    });
  }

  function filter() {
    const box = document.querySelector(".filter");
    if (!box) return;
    const rows = [...document.querySelectorAll(".overview tbody tr")];
    box.hidden = false;
    box.querySelector("input").addEventListener("input", (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const hit = words.every((word) => text.includes(word));
        row.hidden = !hit;
        document.getElementById(row.dataset.slo).hidden = !hit;
        shown += hit;
      }
      for (const service of document.querySelectorAll(".service")) {
        service.hidden = !!service.querySelector(".slo") && !service.querySelector(".slo:not([hidden])");
      }
      box.querySelector("[role=status]").textContent = `${shown} of ${rows.length} SLOs`;
    });
  }

  function unfold() {
    const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const more = wanted?.querySelector(":scope > .more");
    if (more) more.open = true;
  }

  document.querySelectorAll(".plot").forEach(scan);
  addEventListener("hashchange", unfold);
  unfold();
  filter();
})();

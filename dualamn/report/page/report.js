"use strict";
(() => {
  const links = [...document.querySelectorAll("details.link")];
  const form = document.getElementById("filter");
  if (form) {
    const plain = (text) => text.normalize("NFKC").toLowerCase();
    const texts = links.map((link) => plain(link.textContent));
    const told = document.getElementById("shown");
    const apply = () => {
      const fields = new FormData(form);
      const words = plain(fields.get("words") ?? "").split(/\s+/).filter(Boolean);
      const band = fields.get("band"), pair = fields.get("pair");
      let count = 0;
      links.forEach((link, at) => {
        const fits = words.every((word) => texts[at].includes(word))
          && (!band || link.dataset.band === band)
          && (!pair || link.dataset.pair === pair);
        link.hidden = !fits;
        count += fits;
      });
      for (const part of document.querySelectorAll("section.band"))
        part.hidden = !part.querySelector("details.link:not([hidden])");
      told.textContent = `${count} of ${links.length} links shown`;
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    // A page can be opened with a search: report.html#find=berlin
    const asked = new URLSearchParams(location.hash.slice(1)).get("find");
    if (asked !== null) form.elements.words.value = asked;
    apply();
  }
  const choose = document.getElementById("choose");
  if (choose) {
    const steps = JSON.parse(choose.dataset.steps), at = choose.elements.least;
    const told = document.getElementById("least-told"), line = document.getElementById("chosen");
    const percent = (share) => `${(100 * share).toFixed(1)}%`;
    const bold = (text) => Object.assign(document.createElement("b"), { textContent: text });
    choose.addEventListener("input", () => {
      const [kept, expected, lower] = steps[at.value];
      told.textContent = (at.value / (steps.length - 1)).toFixed(2);
      line.replaceChildren(bold(kept.toLocaleString("en")), kept === 1 ? " link, of which " : " links, of which ",
        bold(Math.round(expected).toLocaleString("en")), " expected to be correct");
      if (kept)
        line.append(": ", bold(percent(expected / kept)), ", and with 95% confidence ", percent(lower), " or more");
    });
    choose.addEventListener("submit", (event) => event.preventDefault());
  }
  const decide = document.getElementById("decide");
  if (decide) {
    const rows = JSON.parse(decide.dataset.rows), verdicts = links.map(() => -1);
    const save = decide.querySelector("button"), told = document.getElementById("decided");
    links.forEach((link, at) => {
      const group = link.querySelector(".verdicts"), buttons = [...group.children];
      group.hidden = !rows[at].length;
      group.addEventListener("click", (event) => {
        const verdict = buttons.indexOf(event.target.closest("button"));
        if (verdict < 0) return;
        verdicts[at] = verdicts[at] === verdict ? -1 : verdict;
        buttons.forEach((button, number) => button.setAttribute("aria-pressed", number === verdicts[at]));
        link.dataset.decided = verdicts[at] < 0 ? "" : verdicts[at];
        const count = verdicts.filter((one) => one >= 0).length;
        save.disabled = !count;
        told.textContent = count ? `${count} of ${links.length} decided, not saved yet` : "none yet";
      });
    });
    decide.addEventListener("submit", (event) => {
      event.preventDefault();
      const who = decide.elements.who.value.replace(/["\s\p{C}]+/gu, " ").trim();
      const now = new Date(), two = (number) => String(number).padStart(2, "0");
      const when = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
      const chosen = verdicts.flatMap((verdict, at) => (verdict < 0 ? [] : [rows[at][verdict]]));
      const lines = chosen.map((row) => row.replace("{when}", when).replace("{who}", () => who));
      const text = [JSON.parse(decide.dataset.begin), ...lines, ""].join("\n");
      const file = document.createElement("a");
      file.href = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" }));
      file.download = "decisions.sssom.tsv";
      file.click();
      setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
      told.textContent = `${chosen.length} of ${links.length} saved as ${file.download}`;
    });
    decide.hidden = false;
  }
  // On paper nothing can be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
})();

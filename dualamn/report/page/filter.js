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
  // On paper nothing can be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
})();

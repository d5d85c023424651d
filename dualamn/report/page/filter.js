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
  // On paper nothing can be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
})();

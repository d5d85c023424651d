
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const made = (tag, text, kind) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  let question = null, version = "", first = 0, busy = false, finished = false;

  const problem = (text) => {
    at("problem").textContent = text;
    at("problem").hidden = !text;
  };
  const changed = (text) => {
    at("changed").firstElementChild.textContent = text;
    at("changed").hidden = !text;
  };

  async function call(path, sent) {
    const how = sent === undefined ? {} : {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(sent),
    };
    let reply;
    try {
      reply = await fetch(path, { cache: "no-store", ...how });
    } catch {
      throw new Error("dualamn review does not answer: was it stopped? All answers are kept.");
    }
    const content = await reply.json();
    if (!reply.ok) throw Object.assign(new Error(content.error), { status: reply.status });
    return content;
  }

  // One thing after another; what goes wrong is said on the page.
  async function doing(work) {
    if (busy || finished) return;
    busy = true;
    document.body.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      problem(error.message);
    } finally {
      busy = false;
      document.body.removeAttribute("aria-busy");
    }
  }

  function showState(state) {
    version = state.version;
    document.title = `Review: ${state.answers} answers`;
    at("lines").replaceChildren(...state.lines.map(
      (line) => made("li", line, line.startsWith("you can stop") ? "stop" : "")));
    at("notes").replaceChildren(...[...state.notes, `answers of ${state.who} go to ${state.file}`]
      .map((line) => made("li", line)));
    at("undo").disabled = !state.can_undo;
  }

  function lines(side, what) {
    const list = made("ul");
    for (const line of side[what]) {
      const item = made("li", undefined, line.is_shared ? "same" : "");
      item.append(made("span", `${line.what} `), line.value);
      list.append(item);
    }
    const more = side[`more_${what}`];
    if (more) list.append(made("li", `and ${more} more`, "dim"));
    return list;
  }

  function showQuestion(asked) {
    question = asked;
    at("why").value = "";
    at("why-linked").hidden = !asked;
    for (const button of document.querySelectorAll("[data-verdict]")) {
      button.disabled = !asked;
      button.setAttribute("aria-pressed", asked ? asked.answer === button.dataset.verdict : false);
    }
    if (!asked) {
      at("about").textContent = "Nothing is left to ask.";
      at("sides").replaceChildren();
      return;
    }
    const pair = asked.shown, sides = [pair.left, pair.right];
    const now = asked.is_link ? "linked now" : "not linked now";
    const answer = asked.answer === "open" ? "" : `, answered: ${asked.answer}`;
    at("about").textContent = `Are these the same? Probability ${asked.probability.toFixed(2)}, ${now}${answer}`;
    const parts = sides.map((side) => {
      const head = made("div");
      head.append(made("div", side.graph, "graph"), made("div", side.name || side.identifier, "name"));
      if (side.name) head.append(made("div", side.identifier, "id"));
      return head;
    });
    for (const what of ["values", "neighbours"]) {
      if (!sides.some((side) => side[what].length)) continue;
      parts.push(made("h3", what === "values" ? "Values" : "Neighbours"));
      parts.push(...sides.map((side) => lines(side, what)));
    }
    at("sides").replaceChildren(...parts);
    at("reasons").replaceChildren(...(pair.reasons.length ? pair.reasons : ["nothing speaks for it"])
      .map((reason) => made("li", reason)));
    at("runner-up").textContent = pair.runner_up ? `runner-up: ${pair.runner_up}` : "";
    scrollTo(0, 0);
  }

  async function next() {
    showQuestion((await call("next")).question);
  }

  async function reload() {
    showState(await call("state"));
    changed("");
    problem("");
    if (at("table").hidden) await next();
    else await showTable();
  }

  const answer = (verdict) => doing(async () => {
    if (!question || !at("table").hidden) return;
    problem("");
    try {
      showState(await call("answer", {
        number: question.number, verdict, why: at("why").value, known: question.answer,
      }));
    } catch (error) {
      if (error.status === 409) showQuestion(await call(`question?number=${question.number}`));
      throw error;
    }
    changed("");
    await next();
  });

  const undo = () => doing(async () => {
    problem("");
    const state = await call("undo", {});
    showState(state);
    await next();
    changed(`Taken back: ${state.undone[0]} and ${state.undone[1]} were ${state.undone[2]}.`);
  });

  function view(table) {
    at("table").hidden = !table;
    at("question").hidden = table;
    at("answers").hidden = table;
    at("to-table").setAttribute("aria-pressed", table);
    at("to-question").setAttribute("aria-pressed", !table);
  }

  async function showTable() {
    const fields = new FormData(at("filter"));
    const asked = new URLSearchParams([...fields, ["first", first]]);
    const found = await call(`table?${asked}`);
    const last = found.first + found.rows.length;
    at("count").textContent = found.count ? `${found.first + 1} to ${last} of ${found.count} pairs` : "no pair";
    at("before").disabled = !found.first;
    at("after").disabled = last >= found.count;
    at("rows").replaceChildren(...found.rows.map((row) => {
      const line = made("tr");
      const left = made("td"), open = made("button", row.left_name || row.left);
      open.type = "button";
      left.append(open);
      const verdict = made("td", row.answer, `answer ${row.answer}`);
      line.append(left, made("td", row.right_name || row.right), made("td", row.probability.toFixed(2), "n"), verdict);
      line.addEventListener("click", () => doing(async () => {
        showQuestion(await call(`question?number=${row.number}`));
        view(false);
      }));
      return line;
    }));
  }

  at("to-table").addEventListener("click", () => doing(async () => { view(true); await showTable(); }));
  at("to-question").addEventListener("click", () => doing(async () => { view(false); await next(); }));
  at("reload").addEventListener("click", () => doing(reload));
  at("undo").addEventListener("click", undo);
  at("finish").addEventListener("click", () => doing(async () => {
    const done = await call("finish", {});
    finished = true;
    problem("");
    changed(`Finished with ${done.answers} answers. This page can be closed.`);
    at("reload").hidden = true;
    for (const button of document.querySelectorAll("button")) button.disabled = true;
  }));
  for (const button of document.querySelectorAll("[data-verdict]"))
    button.addEventListener("click", () => answer(button.dataset.verdict));
  at("filter").addEventListener("submit", (event) => event.preventDefault());
  let wait = 0;
  at("filter").addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => doing(async () => { first = 0; await showTable(); }), 200);
  });
  at("before").addEventListener("click", () => doing(async () => { first = Math.max(first - 100, 0); await showTable(); }));
  at("after").addEventListener("click", () => doing(async () => { first += 100; await showTable(); }));

  const keys = { y: "accepted", n: "rejected", u: "unsure" };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select");
    if (event.key === "Escape" && typing) return typing.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !at("table").hidden) return;
    const key = event.key.toLowerCase();
    if (key in keys) { event.preventDefault(); answer(keys[key]); }
    else if (key === "z") { event.preventDefault(); undo(); }
    else if (key === "r") { event.preventDefault(); at("why").focus(); }
  });

  // Somebody else may answer at the same time.
  setInterval(async () => {
    if (busy || finished || document.hidden) return;
    try {
      const state = await call("state");
      if (busy || state.version === version) return;
      showState(state);
      changed("The answers have changed meanwhile, by another page or program.");
    } catch (error) {
      problem(error.message);
    }
  }, 3000);

  doing(reload);
})();

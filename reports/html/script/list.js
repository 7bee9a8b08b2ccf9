// The list of episodes: filters, order, pages, and the way through it by keyboard.

const ROWS_A_PAGE = 100;
const COUNTED = [["success", "successes"], ["failure", "failures"], ["error", "errors"]];

const COLUMNS = [
  { key: "scenario", title: "Scenario", of: (each) => scenarioRank(episodes.scenario[each]), show: shortId },
  { key: "suite", title: "Suite", of: (each) => scenarios.suite[episodes.scenario[each]], show: (each) => data.suites[scenarios.suite[episodes.scenario[each]]].slug, shown: data.suites.length > 1, extra: true },
  { key: "world", title: "World", of: (each) => scenarios.world[episodes.scenario[each]], show: (each) => data.worlds[scenarios.world[episodes.scenario[each]]], shown: data.worlds.length > 1, extra: true },
  { key: "interaction", title: "Interaction", of: (each) => scenarios.interaction[episodes.scenario[each]], show: (each) => readable(data.interactions[scenarios.interaction[episodes.scenario[each]]]), extra: true },
  { key: "difficulty", title: "Difficulty", of: (each) => scenarios.difficulty[episodes.scenario[each]], show: (each) => data.difficulties[scenarios.difficulty[episodes.scenario[each]]], extra: true },
  { key: "policy", title: "Policy", of: (each) => episodes.policy[each], show: (each) => data.policies[episodes.policy[each]] },
  { key: "seed", title: "Seed", of: (each) => episodes.seed[each], number: 0, shown: new Set(episodes.seed).size > 1, extra: true },
  { key: "outcome", title: "Outcome", of: (each) => episodes.outcome[each], cell: (each) => outcomeBadge(each) },
  { key: "steps", title: "Steps", of: (each) => episodes.steps[each], number: 0 },
  { key: "score", title: "Score", of: (each) => (OUTCOMES[episodes.outcome[each]] === "error" ? null : episodes.score[each]), number: 2, shown: scenarios.goals.some((goals) => goals > 1) || episodes.score.some((score) => score > 0 && score < 1), extra: true },
  { key: "nearest", title: "Nearest (m)", of: (each) => episodes.nearest[each], number: 1, extra: true },
  { key: "angle", title: "View angle (°)", of: (each) => measure(each, "view_angle_deg"), number: 0, extra: true },
  { key: "distance", title: "Manhattan (m)", of: (each) => measure(each, "manhattan_m"), number: 0, extra: true },
  { key: "video", title: "Video", of: (each) => (episodes.video[each] ? 0 : 1), cell: (each) => (episodes.video[each] ? element("span", { class: "has-video" }, element("span", { "aria-hidden": "true" }, "▶"), element("span", { class: "unseen" }, "video")) : "–"), shown: episodes.video.some(Boolean), extra: true },
].filter((column) => column.shown !== false);

const list = {
  table: document.getElementById("episode-table"),
  status: document.getElementById("episode-count"),
  rows: [],
  current: 0,
};

function outcomeBadge(each) {
  const outcome = episodes.outcome[each];
  return element(
    "span",
    { class: `outcome ${OUTCOMES[outcome]}` },
    element("span", { "aria-hidden": "true", class: "mark" }, MARKS[outcome]),
    ` ${OUTCOMES[outcome]}`,
    episodes.invalid[each] ? " (invalid)" : null,
  );
}

/** Of an episode against another policy's on the same scenario and seed: lost, gained, same, or nothing to say. */
function changeOf(each, against) {
  const other = partner(each, against);
  if (other === undefined || other === each) return "";
  const [mine, theirs] = [episodes.outcome[each], episodes.outcome[other]];
  if (mine === 2 || theirs === 2) return "";
  return mine === theirs ? "same" : mine === 0 ? "gained" : "lost";
}

function chosenEpisodes() {
  const place = (texts, value) => (value === "" ? -1 : texts.includes(value) ? texts.indexOf(value) : -2);
  const wanted = {
    suite: place(data.suites.map((suite) => suite.slug), state.suite),
    world: place(data.worlds, state.world),
    interaction: place(data.interactions, state.interaction),
    difficulty: place(data.difficulties, state.difficulty),
    policy: place(data.policies, state.policy),
    outcome: place(OUTCOMES, state.outcome),
    run: place(data.runs.map((run) => run.id), state.run),
    against: place(data.policies, state.against),
  };
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const bins = BINS.filter((bin) => state[bin] !== "").map((bin) => [data.bins[bin], state[bin]]);
  const fits = scenarios.id.map(
    (_, scenario) =>
      (wanted.suite === -1 || scenarios.suite[scenario] === wanted.suite) &&
      (wanted.world === -1 || scenarios.world[scenario] === wanted.world) &&
      (wanted.interaction === -1 || scenarios.interaction[scenario] === wanted.interaction) &&
      (wanted.difficulty === -1 || scenarios.difficulty[scenario] === wanted.difficulty) &&
      bins.every(([labels, label]) => labels[scenario] === label) &&
      words.every((word) => searchable[scenario].includes(word)),
  );
  const chosen = [];
  for (let each = 0; each < total; each++) {
    if (!fits[episodes.scenario[each]]) continue;
    if (wanted.policy !== -1 && episodes.policy[each] !== wanted.policy) continue;
    if (wanted.outcome !== -1 && episodes.outcome[each] !== wanted.outcome) continue;
    if (wanted.run !== -1 && episodes.run[each] !== wanted.run) continue;
    if (wanted.against !== -1) {
      const change = changeOf(each, wanted.against);
      if (change === "" || (state.change !== "" && change !== state.change)) continue;
    }
    chosen.push(each);
  }
  return sorted(chosen);
}

function sorted(chosen) {
  const descending = state.sort.startsWith("-");
  const column = COLUMNS.find((each) => each.key === state.sort.replace("-", ""));
  if (!column) return chosen;
  const values = new Map(chosen.map((each) => [each, column.of(each)]));
  const missing = (value) => value === null || value === undefined;
  return chosen.sort((a, b) => {
    const [first, second] = [values.get(a), values.get(b)];
    if (missing(first) || missing(second)) return missing(first) - missing(second) || a - b;
    const order = first - second;
    return (descending ? -order : order) || a - b;
  });
}

function drawHead() {
  const row = element("tr");
  for (const column of COLUMNS) {
    const order = state.sort === column.key ? "ascending" : state.sort === `-${column.key}` ? "descending" : "none";
    const arrow = { ascending: "▲", descending: "▼", none: "" }[order];
    const button = element("button", { type: "button" }, column.title, element("span", { "aria-hidden": "true", class: "arrow" }, arrow));
    button.addEventListener("click", () => {
      replaceAddress({ sort: order === "ascending" ? `-${column.key}` : column.key, page: "" });
      drawList();
      list.table.tHead.querySelector(`[data-key="${column.key}"] button`).focus();
    });
    row.append(element("th", { scope: "col", "aria-sort": order, "data-key": column.key, class: cellClass(column) }, button));
  }
  list.table.tHead.replaceChildren(row);
}

function cellClass(column) {
  return [column.number === undefined ? "" : "number", column.extra ? "extra" : "", column.key].filter(Boolean).join(" ");
}

function drawRow(each, place) {
  const row = element("tr", { "data-episode": each });
  for (const column of COLUMNS) {
    const value = column.cell ? column.cell(each) : column.show ? column.show(each) : column.number === undefined ? column.of(each) : number(column.of(each), column.number);
    if (column.key === "scenario") {
      const link = element("a", { href: addressOf({ e: nameOf[each] }), tabindex: place === list.current ? 0 : -1 }, value);
      row.append(element("th", { scope: "row", class: cellClass(column) }, link));
    } else {
      row.append(element("td", { class: cellClass(column) }, value));
    }
  }
  return row;
}

function pages() {
  return Math.max(1, Math.ceil(list.rows.length / ROWS_A_PAGE));
}

function page() {
  return Math.min(pages(), Math.max(1, Number.parseInt(state.page, 10) || 1));
}

function drawList() {
  list.rows = chosenEpisodes();
  list.current = 0;
  drawHead();
  drawPage();
  const counts = [0, 0, 0];
  for (const each of list.rows) counts[episodes.outcome[each]] += 1;
  const parts = COUNTED.map(([one, many], place) => `${counts[place].toLocaleString("en")} ${counts[place] === 1 ? one : many}`);
  const shares = parts.filter((_, place) => counts[place]).join(", ");
  const what = list.rows.length === total ? `${total.toLocaleString("en")} episodes` : `${list.rows.length.toLocaleString("en")} of ${total.toLocaleString("en")} episodes`;
  list.status.textContent = shares ? `${what}: ${shares}` : what;
}

function drawPage() {
  const start = (page() - 1) * ROWS_A_PAGE;
  const shown = list.rows.slice(start, start + ROWS_A_PAGE);
  list.table.tBodies[0].replaceChildren(...shown.map(drawRow));
  document.getElementById("nothing-found").hidden = list.rows.length > 0;
  const pager = document.getElementById("pager");
  pager.hidden = pages() === 1;
  document.getElementById("page-number").textContent = `${(start + 1).toLocaleString("en")}–${(start + shown.length).toLocaleString("en")} of ${list.rows.length.toLocaleString("en")}`;
  document.getElementById("previous-page").disabled = page() === 1;
  document.getElementById("next-page").disabled = page() === pages();
}

function turnTo(wanted) {
  replaceAddress({ page: wanted <= 1 ? "" : String(Math.min(wanted, pages())) });
  list.current = 0;
  drawPage();
}

function focusRow(place) {
  const links = list.table.tBodies[0].querySelectorAll("th a");
  if (!links.length) return;
  const within = Math.min(links.length - 1, Math.max(0, place));
  links[Math.min(links.length - 1, list.current)]?.setAttribute("tabindex", "-1");
  links[within].setAttribute("tabindex", "0");
  list.current = within;
  links[within].focus();
  links[within].scrollIntoView({ block: "nearest" });
}

/** Bring an episode's row into view, on whatever page it stands. */
function focusEpisode(each) {
  const place = list.rows.indexOf(each);
  if (place < 0) return;
  const wanted = Math.floor(place / ROWS_A_PAGE) + 1;
  if (wanted !== page()) turnTo(wanted);
  focusRow(place % ROWS_A_PAGE);
}

list.table.addEventListener("keydown", (event) => {
  if (!event.target.closest("tbody") || event.altKey || event.ctrlKey || event.metaKey) return;
  const shown = list.table.tBodies[0].rows.length;
  if (event.key === "ArrowDown" && list.current === shown - 1 && page() < pages()) {
    turnTo(page() + 1);
    focusRow(0);
  } else if (event.key === "ArrowUp" && list.current === 0 && page() > 1) {
    turnTo(page() - 1);
    focusRow(ROWS_A_PAGE - 1);
  } else {
    const steps = { ArrowDown: list.current + 1, ArrowUp: list.current - 1, Home: 0, End: shown - 1 };
    if (!(event.key in steps)) return;
    focusRow(steps[event.key]);
  }
  event.preventDefault();
});

list.table.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-episode]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey || event.button || getSelection().toString()) return;
  event.preventDefault();
  list.current = row.sectionRowIndex;
  openEpisode(Number(row.dataset.episode));
});

// The form above the list.

const form = document.getElementById("filters");

function fill(name, texts, show = (text) => text) {
  const select = form.elements[name];
  for (const text of texts) select.append(element("option", { value: text }, show(text)));
  select.closest("label").hidden = texts.length < 2;
}

function fillFilters() {
  const used = (column, texts) => texts.filter((_, place) => column.includes(place));
  fill("suite", data.suites.map((suite) => suite.slug));
  fill("world", data.worlds);
  fill("interaction", used(scenarios.interaction, data.interactions), readable);
  fill("difficulty", used(scenarios.difficulty, data.difficulties));
  fill("policy", data.policies);
  fill("outcome", used(episodes.outcome, OUTCOMES));
  fill("run", data.runs.map((run) => run.id), (id) => `${id.slice(0, 8)} (${data.runs.find((run) => run.id === id).folder})`);
  fill("against", data.policies);
  form.elements.change.closest("label").hidden = data.policies.length < 2;
}

/** The form says what the address says; what no control can show stands beside it, to be taken away. */
function showFilters() {
  for (const name of FILTERS) form.elements[name].value = state[name];
  form.elements.change.disabled = state.against === "";
  const chips = document.getElementById("chips");
  chips.replaceChildren();
  for (const bin of BINS.filter((each) => state[each] !== "")) {
    const label = `${readable(bin)}: ${state[bin]}`;
    const chip = element("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${label}` }, label, element("span", { "aria-hidden": "true" }, " ×"));
    chip.addEventListener("click", () => {
      replaceAddress({ [bin]: "", page: "" });
      showFilters();
      drawList();
      form.elements.q.focus();
    });
    chips.append(chip);
  }
  document.getElementById("clear").hidden = [...FILTERS, ...BINS].every((name) => state[name] === "");
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", (event) => {
  replaceAddress({ [event.target.name]: event.target.value, page: "" });
  if (state.against === "") replaceAddress({ change: "" });
  showFilters();
  drawList();
});
document.getElementById("clear").addEventListener("click", () => {
  replaceAddress(Object.fromEntries([...FILTERS, ...BINS, "page"].map((name) => [name, ""])));
  showFilters();
  drawList();
  form.elements.q.focus();
});
document.getElementById("previous-page").addEventListener("click", () => turnTo(page() - 1));
document.getElementById("next-page").addEventListener("click", () => turnTo(page() + 1));

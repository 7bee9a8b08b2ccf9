// What the page was told, and what follows from it: names, keys, pairs.

const data = JSON.parse(document.getElementById("data").textContent);
const episodes = data.episodes;
const scenarios = data.scenarios;
const OUTCOMES = ["success", "failure", "error"];
const MARKS = ["●", "○", "!"];

const total = episodes.scenario.length;
const measureOf = (name) => data.measures.indexOf(name);
const readable = (name) => name.replaceAll("_", " ");

/** What all scenarios' ids begin with, up to a slash: a list need not repeat it in every row. */
const commonStart = (() => {
  const start = scenarios.id.length ? scenarios.id[0].slice(0, scenarios.id[0].lastIndexOf("/") + 1) : "";
  return scenarios.id.every((id) => id.startsWith(start)) ? start : "";
})();
const shortId = (each) => scenarios.id[episodes.scenario[each]].slice(commonStart.length);

/** A scenario's place among all ids as people sort them, 2 before 10; found when it is first asked for. */
const scenarioRank = (() => {
  let ranks = null;
  return (scenario) => {
    if (ranks === null) {
      const collator = new Intl.Collator("en", { numeric: true });
      const order = scenarios.id.map((_, each) => each).sort((a, b) => collator.compare(scenarios.id[a], scenarios.id[b]));
      ranks = new Array(order.length);
      order.forEach((each, rank) => (ranks[each] = rank));
    }
    return ranks[scenario];
  };
})();

const searchable = scenarios.id.map((id) => id.toLowerCase());

/** The name of an episode in the page's address; with its run's identity where another one is called the same. */
const names = new Map();
const nameOf = (() => {
  const result = new Array(total);
  for (let each = 0; each < total; each++) {
    const base = `${data.policies[episodes.policy[each]]}/${scenarios.id[episodes.scenario[each]]}/${episodes.seed[each]}`;
    const name = names.has(base) ? `${base}@${data.runs[episodes.run[each]].id}-${episodes.scenario[each]}` : base;
    names.set(name, each);
    result[each] = name;
  }
  return result;
})();

/** Episodes on the same scenario, in the order of policies and seeds. */
const siblings = (() => {
  const byScenario = scenarios.id.map(() => []);
  for (let each = 0; each < total; each++) byScenario[episodes.scenario[each]].push(each);
  for (const group of byScenario) {
    group.sort((a, b) => episodes.policy[a] - episodes.policy[b] || episodes.seed[a] - episodes.seed[b]);
  }
  return (each) => byScenario[episodes.scenario[each]];
})();

/** The episode of another policy on the same scenario and seed, or undefined. */
function partner(each, policy) {
  return siblings(each).find((other) => episodes.policy[other] === policy && episodes.seed[other] === episodes.seed[each]);
}

function measure(each, name) {
  return scenarios.view[episodes.scenario[each]][measureOf(name)];
}

/** `text` as one word of a shell's command line. */
function shellWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

function replayCommand(each) {
  const policy = episodes.recordedPolicy[each] ?? data.policies[episodes.policy[each]];
  const name = `${policy}/${scenarios.id[episodes.scenario[each]]}/${episodes.seed[each]}`;
  return `evalsuite replay ${shellWord(data.runs[episodes.run[each]].folder)} ${shellWord(name)}`;
}

/** Where a picture is: a URL, or what the page itself holds under `#id`. */
function located(place) {
  if (!place) return "";
  return place.startsWith("#") ? document.getElementById(place.slice(1)).textContent : place;
}

/** A video's URL; one that the page holds becomes a file of the browser's own, so that it can be wound. */
function videoAddress(place) {
  if (!place.startsWith("#")) return place;
  const bytes = Uint8Array.from(atob(document.getElementById(place.slice(1)).textContent), (each) => each.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
}

/** An element with attributes and children; text is only ever text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function number(value, digits) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

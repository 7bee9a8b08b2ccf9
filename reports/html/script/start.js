// The page begins.

function showAddress() {
  readAddress();
  showFilters();
  drawList();
  whenWhole(showEpisode);
}

/** Pictures and videos stand at the end of the page: until that has come, no episode can be shown. */
function whenWhole(show) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", show, { once: true });
  else show();
}

function goToEpisodes() {
  const heading = document.getElementById("episodes-heading");
  heading.scrollIntoView();
  heading.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[href*='=']");
  if (!link || !link.getAttribute("href").startsWith("#") || link.closest("#episode-table")) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  showAddress();
  if (!dialog.open) goToEpisodes();
});

addEventListener("popstate", showAddress);

fillFilters();
showAddress();
if (addressHoldsState() && state.e === "") goToEpisodes();

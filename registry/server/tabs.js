// The address names the open tab of a page, so that a link leads to it and Back goes back to the tab
// before it, within the page.
(() => {
  const WANTED = 20000; // Milliseconds in which the tab of a link may appear.
  const name = (tab) => tab.dataset.tabId;
  const tabs = () => [...document.querySelectorAll('[role="tab"][data-tab-id]')];
  const asked = () => decodeURIComponent(location.hash.slice(1));
  let going = false;

  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.('[role="tab"][data-tab-id]');
    if (!tab || going || name(tab) === asked()) return;
    // Whoever opened the page by its plain address comes back to its first tab.
    const here = `${location.pathname}${location.search}`; // The page has a base of its own.
    history.pushState(history.state, "", `${here}#${encodeURIComponent(name(tab))}`);
  });

  function go() {
    const all = tabs();
    const tab = asked() ? all.find((one) => name(one) === asked()) : all[0];
    if (!tab) return false;
    going = true;
    if (tab.getAttribute("aria-selected") !== "true") tab.click();
    going = false;
    return true;
  }
  addEventListener("popstate", go);

  if (!location.hash) return;
  const watch = new MutationObserver(() => go() && watch.disconnect());
  watch.observe(document, { subtree: true, childList: true });
  setTimeout(() => watch.disconnect(), WANTED);
})();

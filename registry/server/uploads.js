// Says with every upload which visit it belongs to, and says goodbye when the page is left, so that
// what was brought and not used is deleted at once.
(() => {
  const UPLOAD = /gradio_api\/upload(\?.*)?$/;
  const root = new URL(".", document.currentScript.src);
  const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");
  const plain = window.fetch;
  let visit = fresh();
  let brought = false;

  window.fetch = (asked, options = {}) => {
    if (!UPLOAD.test(String(asked?.url ?? asked))) return plain(asked, options);
    brought = true;
    const headers = new Headers(options.headers);
    headers.set("x-paragone-visit", visit);
    return plain(asked, { ...options, headers });
  };
  addEventListener("pagehide", () => {
    if (!brought) return;
    navigator.sendBeacon(new URL(`leave/${visit}`, root));
    // A page that the browser brings back begins anew: what comes for the old visit is deleted.
    [visit, brought] = [fresh(), false];
  });
})();

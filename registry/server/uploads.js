// Says with every upload which visit it belongs to, and says goodbye when the page is left, so that
// what was brought and not used is deleted at once.
(() => {
  const UPLOAD = /gradio_api\/upload(\?.*)?$/;
  const root = new URL(".", document.currentScript.src);
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const visit = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const plain = window.fetch;
  let brought = false;

  window.fetch = (asked, options = {}) => {
    if (!UPLOAD.test(String(asked?.url ?? asked))) return plain(asked, options);
    brought = true;
    const headers = new Headers(options.headers);
    headers.set("x-paragone-visit", visit);
    return plain(asked, { ...options, headers });
  };
  addEventListener("pagehide", () => {
    if (brought) navigator.sendBeacon(new URL(`leave/${visit}`, root));
  });
})();

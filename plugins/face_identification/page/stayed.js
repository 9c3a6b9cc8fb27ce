// Who was asked before they left, and stayed, is offered the export.
const frame = () => new Promise(requestAnimationFrame);
addEventListener("paragone-stayed", () => {
  if (element.querySelector(".fi-stayed")) return;
  const notice = document.createElement("p");
  notice.className = "fi-stayed";
  notice.setAttribute("role", "alert");
  notice.append("The people whom you enrolled are in this visit alone.");
  for (const [words, act] of [["Export the gallery", save], ["Close", () => {}]]) {
    const button = document.createElement("button");
    button.textContent = words;
    button.addEventListener("click", () => {
      notice.remove();
      act();
    });
    notice.append(button);
  }
  element.append(notice);
  notice.querySelector("button").focus();
});
const save = async () => {
  document.querySelector('[role=tab][data-tab-id="gallery"]')?.click();
  for (let tries = 0; tries < 900 && !document.querySelector("#gallery-export-link"); tries++) await frame();
  document.getElementById("gallery-export")?.click();
};

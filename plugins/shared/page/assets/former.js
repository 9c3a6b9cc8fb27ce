(...values) => {
  const ids = PLACES, status = STATUS, sets = SETS;
  const groups = (window.paragoneFormer ??= {});
  const group = (groups[status] ??= begin());
  group.values = values;
  group.show();

  function begin() {
    const group = { set: 0 };
    const now = () => {
      // The latest counts; what was refused leaves what was there before it.
      for (const id of sets)
        for (const one of document.querySelectorAll(`#${id} [data-set]`))
          group.set = Math.max(group.set, Number(one.dataset.set));
      return JSON.stringify([...group.values, group.set]);
    };
    group.show = () => {
      const stamp = document.querySelector(`#${status} [data-of]`)?.dataset.of;
      if (stamp !== undefined) group.made = stamp && JSON.stringify(JSON.parse(stamp));
      group.made ??= now(); // As the page was opened.
      for (const id of ids) mark(document.getElementById(id), group.made !== now());
    };
    let waiting = false;
    const seen = () => {
      waiting = false;
      group.show();
    };
    new MutationObserver(() => {
      if (!waiting) requestAnimationFrame(seen);
      waiting = true;
    }).observe(document.body, { subtree: true, childList: true }); // A tab comes when it is opened.
    return group;
  }

  function mark(place, former) {
    if (!place) return;
    const badge = [...place.children].find((one) => one.matches(".pv-former-badge"));
    const filled = [...place.children].some(
      (one) => one !== badge && (one.textContent.trim() || one.querySelector("img,canvas,svg")),
    );
    place.classList.toggle("pv-former", former && filled);
    if (former && filled && !badge) {
      const made = document.createElement("p");
      made.className = "pv-former-badge";
      made.textContent = window.paragoneWords.say("Earlier result");
      place.append(made);
    } else if (badge && !(former && filled)) badge.remove();
  }
}

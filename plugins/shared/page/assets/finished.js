(name) => {
  const key = "paragone-finished-PAGE";
  const stored = (to, value) => {
    try {
      if (value === undefined) return sessionStorage.getItem(to);
      return value ? sessionStorage.setItem(to, value) : sessionStorage.removeItem(to);
    } catch {
      return null; // A frame without storage.
    }
  };
  if (!window.paragoneWork) {
    const work = (window.paragoneWork = { name: "" });
    work.saved = () => work.name && stored(`${key}-saved`, work.name);
    const saved = () => work.name !== "running" && (!SAVES || work.name === stored(`${key}-saved`));
    work.asks = () => Boolean(work.name) && !saved();
  }
  window.paragoneWork.name = name;
  // The run before it is found again until a new one is finished.
  if (name !== "running") stored(key, name || "");
}

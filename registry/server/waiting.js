// Tells a visitor whose call waits how many are ahead and about how long it will take. It listens
// for the page's own calls, and asks the house about those that are not answered within a second.
(() => {
  const EVERY = 1000;
  const JOIN = /gradio_api\/queue\/join(\?.*)?$/;
  const plain = window.fetch;
  const places = new Map();

  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    const url = String(asked[0]?.url ?? asked[0]);
    if (JOIN.test(url) && answer.ok)
      answer
        .clone()
        .json()
        .then((told) => told.event_id && watch(new URL(url.replace(JOIN, ""), location), told.event_id))
        .catch(() => {}); // Not our call then.
    return answer;
  };

  async function watch(root, call) {
    for (;;) {
      await new Promise((done) => setTimeout(done, EVERY));
      let told = {};
      try {
        told = await (await plain(new URL(`waiting/${call}`, root))).json();
      } catch {
        // The connection is gone; the page says so itself.
      }
      if (!told.waiting) break;
      places.set(call, told);
      say();
    }
    if (places.delete(call)) say();
  }

  function clock(seconds) {
    const whole = Math.max(1, Math.round(seconds));
    return whole < 90 ? `${whole} s` : `${Math.round(whole / 60)} min`;
  }

  function say() {
    let bar = document.getElementById("paragone-waiting");
    if (!bar) {
      bar = document.createElement("p");
      bar.id = "paragone-waiting";
      bar.setAttribute("role", "status");
      document.body.append(bar);
    }
    const first = [...places.values()].sort((a, b) => a.ahead - b.ahead)[0];
    bar.hidden = !first;
    if (!first) return;
    const known = first.seconds != null;
    const behind = known ? "You wait; {ahead} ahead of you, about {time}." : "You wait; {ahead} ahead of you.";
    const next = known ? "You wait; you are next, in about {time}." : "You wait; you are next.";
    const values = known ? { ahead: first.ahead, time: clock(first.seconds) } : { ahead: first.ahead };
    bar.textContent = window.paragoneWords.say(first.ahead ? behind : next, values);
  }
})();

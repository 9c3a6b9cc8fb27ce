// Marks the places that a call will change from the moment it is sent until it first answers: what
// stands there belongs to the state before. It listens to the page's own calls.
(() => {
  const JOIN = /gradio_api\/queue\/join(\?.*)?$/;
  const STREAM = /gradio_api\/queue\/data\?/;
  const ANSWER = /"msg": ?"process_(generating|completed)"/;
  const AFTER = /^(load|then|success|failure)$/; // Nobody has acted.
  const plain = window.fetch;
  const places = new Map(); // By call.
  const early = new Set(); // Calls that answered before their number was known here.
  const marks = new Map(); // How many calls will change an element.

  window.fetch = async (...asked) => {
    const url = String(asked[0]?.url ?? asked[0]);
    if (STREAM.test(url)) {
      const answer = await plain(...asked);
      if (answer.ok && answer.body) follow(answer.clone().body.getReader());
      return answer;
    }
    if (!JOIN.test(url)) return plain(...asked);
    const marked = mark(changed(asked[1]?.body));
    try {
      const answer = await plain(...asked);
      const { event_id: call } = answer.ok ? await answer.clone().json() : {};
      if (call && !early.delete(call)) places.set(call, marked);
      else unmark(marked);
      return answer;
    } catch (error) {
      unmark(marked);
      throw error;
    }
  };

  // The HTML that a call may change.
  function changed(body) {
    try {
      const { fn_index: number } = JSON.parse(body);
      const { dependencies, components } = window.gradio_config;
      const { outputs: ids, targets } = dependencies.find((one) => one.id === number);
      if (targets.every(([, event]) => AFTER.test(event))) return [];
      const outputs = new Set(ids);
      return components
        .filter((one) => outputs.has(one.id) && one.type === "html" && one.props.elem_id)
        .map((one) => document.getElementById(one.props.elem_id))
        .filter((place) => place?.textContent.trim() || place?.querySelector("img,canvas,svg"));
    } catch {
      return []; // A call that is not as gradio's are.
    }
  }

  function mark(elements) {
    for (const one of elements) {
      marks.set(one, (marks.get(one) ?? 0) + 1);
      one.classList.add("paragone-busy");
      one.setAttribute("aria-busy", "true");
    }
    return elements;
  }

  function unmark(elements) {
    for (const one of elements) {
      marks.set(one, marks.get(one) - 1);
      if (marks.get(one)) continue;
      marks.delete(one);
      one.classList.remove("paragone-busy");
      one.removeAttribute("aria-busy");
    }
  }

  async function follow(reader) {
    const decoder = new TextDecoder();
    let line = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (line + decoder.decode(value, { stream: true })).split("\n");
        line = lines.pop();
        for (const one of lines) if (ANSWER.test(one)) answered(/"event_id": ?"(\w+)"/.exec(one)?.[1]);
      }
    } catch {
      // The connection is gone; the page says so itself.
    }
    for (const call of [...places.keys()]) answered(call);
  }

  function answered(call) {
    if (!places.has(call)) {
      if (early.size > 50) early.clear(); // Those that have answered before.
      return early.add(call);
    }
    unmark(places.get(call));
    places.delete(call);
  }
})();

// The question before the answer: what is the spot in the central slice? And who was right so far.
const tally = new Map();
let answered = "";

const drawQuiz = () => {
  const canvas = find("quiz");
  const pen = canvas && fit(canvas);
  if (!pen) return;
  const box = frame(PLANES[0], canvas);
  pen.drawImage(slice(PLANES[0], scene.shape[0] >> 1), ...box);
  pen.strokeStyle = HUES[0];
  pen.setLineDash([6, 6]);
  pen.lineWidth = Math.max(1.5, canvas.width / 240);
  pen.beginPath();
  const [down, across] = scene.spot.map((at, i) => (at + 0.5) / scene.shape[i + 1]);
  pen.arc(box[0] + across * box[2], box[1] + down * box[3], box[2] * 0.15, 0, 2 * Math.PI);
  pen.stroke();
  settle();
};
// The server's next volume takes the mark away, and with it the answers.
const settle = () => {
  const lesson = find("lesson");
  if (lesson) lesson.classList.toggle("is-guessed", answered === scene.key);
};
const guess = (said) => {
  const lesson = find("lesson");
  if (!lesson || answered === scene.key) return;
  answered = scene.key;
  const truth = lesson.dataset.truth;
  const count = (name, right) => {
    const [hits, all] = tally.get(name) || [0, 0];
    tally.set(name, [hits + right, all + 1]);
  };
  const outcome = find("outcome");
  if (said) count("You, from one slice", said === truth ? 1 : 0);
  if (said === truth) outcome.textContent = say("Right: it is a {truth}. One slice cannot tell; now look along the other two.", { truth: say(truth) });
  else if (said) outcome.textContent = say("It is a {truth}, and your guess was as good as any: one slice cannot tell. Now look along the other two.", { truth: say(truth) });
  else outcome.textContent = say("It is a {truth}. One slice cannot tell; now look along the other two.", { truth: say(truth) });
  for (const card of element.querySelectorAll("[data-card]")) {
    count(card.dataset.card, card.dataset.answer === truth ? 1 : 0);
  }
  find("tally").replaceChildren(
    ...[...tally].map(([name, [hits, all]]) => {
      const one = document.createElement("li");
      one.textContent = say("{name}: {hits} of {all} right", { name: say(name), hits, all });
      return one;
    }),
  );
  settle();
  ask();
};

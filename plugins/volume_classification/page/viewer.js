// A volume in three slices that meet in one point. All is drawn here: the server sends the grey
// levels once, and class-activation maps in the cube of the network that made them.
const { say } = window.paragoneWords;
const PLANES = [
  { name: "Axial", normal: 0, across: 2, down: 1, sides: "RLAP" },
  { name: "Coronal", normal: 1, across: 2, down: 0, sides: "RLHF" },
  { name: "Sagittal", normal: 2, across: 1, down: 0, sides: "APHF" },
];
const HUES = ["#facc15", "#4ade80", "#f472b6"];
const FOR = [251, 146, 60];
const AGAINST = [56, 189, 248];
const STRONG = 0.06; // Share of the voxels whose evidence is coloured: the strongest.
const WHOLE = { zoom: 1, x: 0, y: 0 }; // x and y: how far the middle is moved, in canvases.
let views = PLANES.map(() => ({ ...WHOLE }));
let mark = null;
let scene = null;
let place = [0, 0, 0];
let range = [0, 1];
let greys = new Uint32Array(256);
let wanted = 0;
let due = false;

const find = (what) => element.querySelector(`[data-${what}]`);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const flips = (plane) => plane.down === 0; // The head is up.
const sheet = (width, height) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(width, 1), Math.max(height, 1)];
  return canvas.getContext("2d", { willReadFrequently: true });
};

// The levels of an atlas, slice after slice.
const levels = async (name, [count, height, width]) => {
  const image = find(`image="${name}"`);
  await image.decode();
  const pen = sheet(image.naturalWidth, image.naturalHeight);
  pen.drawImage(image, 0, 0);
  const pixels = pen.getImageData(0, 0, image.naturalWidth, image.naturalHeight).data;
  const columns = Math.round(image.naturalWidth / width);
  const found = new Uint8Array(count * height * width);
  for (let i = 0, at = 0; i < count; i++) {
    const [left, top] = [(i % columns) * width, Math.floor(i / columns) * height];
    for (let y = 0; y < height; y++) {
      let from = ((top + y) * image.naturalWidth + left) * 4;
      for (let x = 0; x < width; x++, from += 4) found[at++] = pixels[from];
    }
  }
  return found;
};

const load = async () => {
  const section = find("scene");
  if (!section) return (scene = null);
  if (scene && scene.key === section.dataset.key) return ask();
  const told = JSON.parse(section.dataset.scene);
  const turn = ++wanted;
  try {
    told.levels = await levels("volume", told.shape);
    told.frames = await levels("turning", told.turning);
    for (const [i, map] of told.maps.entries()) {
      const count = map.classes.length * map.size;
      map.levels = await levels(`maps${i}`, [count, map.size, map.size]);
    }
  } catch (error) {
    if (turn === wanted) throw error; // Else a newer volume has taken its place.
    return;
  }
  if (turn !== wanted) return;
  const before = scene;
  const same = scene && scene.name === told.name && String(scene.shape) === String(told.shape);
  scene = { ...told, key: section.dataset.key };
  mark = null;
  if (!same) {
    if (before && find("lesson")) find("lesson").scrollIntoView({ block: "start" });
    place = [...centre()];
    whole();
    range = scene.presets[0].slice(1);
    find("window").selectedIndex = 0;
  }
  rule();
  offer(!same);
  section.dataset.ready = scene.key;
  begin();
  ask();
};

// What the sliders stand at.
const rule = () => {
  const [least, most] = [scene.table[0], scene.table[255]];
  const full = most - least || 1;
  const set = (name, low, high, value) => {
    const slider = find(name);
    Object.assign(slider, { min: low, max: high, step: full / 1000 });
    slider.value = value;
    find(`${name}-told`).textContent = short(value);
  };
  set("level", least, most, (range[0] + range[1]) / 2);
  set("width", full / 250, full, range[1] - range[0]);
  const width = Math.max(range[1] - range[0], full * 1e-6);
  scene.table.forEach((value, i) => {
    const grey = Math.round(clamp((value - range[0]) / width, 0, 1) * 255);
    greys[i] = (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  });
};
const short = (value) => {
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 1 ? 1 : 3;
  return value.toFixed(digits).replace("-", "−");
};
const offer = (fresh) => {
  const network = find("network");
  if (!network) return;
  const map = scene.maps[network.selectedIndex] || scene.maps[0];
  const chosen = find("class");
  const before = fresh ? "" : chosen.value;
  chosen.replaceChildren(...map.classes.map((name) => new Option(name, name)));
  const wished = [before, find("scene").dataset.best].find((name) => map.classes.includes(name));
  chosen.value = wished || map.classes[0];
};

const centre = () => scene.start || scene.shape.map((side) => side >> 1);

const ask = () => {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    if (scene && element.isConnected) draw();
  });
};
const draw = () => {
  for (let i = 0; i < 3; i++) drawPlane(i);
  drawQuiz();
  drawTurning();
  const at = place[0] * scene.shape[1] * scene.shape[2] + place[1] * scene.shape[2] + place[2];
  const value = short(scene.table[scene.levels[at]]);
  const [z, y, x] = place.map((one) => one + 1);
  const words = `${say("At the cross (axial {z}, coronal {y}, sagittal {x}): value {value}.", { x, y, z, value })} ${overlaid()} ${measured()}`;
  find("live").textContent = words.trim();
};
const overlaid = () => {
  const map = scene.maps[find("network")?.selectedIndex];
  if (!map || !find("evidence").checked) return "";
  const near = (axis) => Math.round(cubed(map, axis));
  const kind = Math.max(map.classes.indexOf(find("class").value), 0);
  const level = map.levels[((kind * map.size + near(0)) * map.size + near(1)) * map.size + near(2)];
  if (!level) return say("The {network} network does not look here.", { network: say(map.name) });
  const value = short(Math.abs((level - 128) / 127) * map.most);
  const name = find("class").value;
  if (level < 128) return say("The {network} network: {value} against {name}.", { network: say(map.name), value, name: say(name) });
  return say("The {network} network: {value} for {name}.", { network: say(map.name), value, name: say(name) });
};
// Where the cross lies in a network's cube.
const cubed = (map, axis) => {
  const share = ((place[axis] + 0.5) * map.inner[axis]) / scene.shape[axis];
  return clamp(map.start[axis] + share - 0.5, 0, map.size - 1);
};

// One slice in grey, as many pixels as voxels.
const slice = (plane, at) => {
  const { shape, levels } = scene;
  const strides = [shape[1] * shape[2], shape[2], 1];
  const [wide, high] = [shape[plane.across], shape[plane.down]];
  const pen = sheet(wide, high);
  const picture = pen.createImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let row = 0, out = 0; row < high; row++) {
    const down = flips(plane) ? high - 1 - row : row;
    let from = at * strides[plane.normal] + down * strides[plane.down];
    for (let column = 0; column < wide; column++, from += strides[plane.across]) {
      pixels[out++] = greys[levels[from]];
    }
  }
  pen.putImageData(picture, 0, 0);
  return pen.canvas;
};
// What evidence for a class must exceed to be coloured.
const least = (map, kind) => {
  map.least ||= {};
  if (map.least[kind] !== undefined) return map.least[kind];
  const counts = new Array(129).fill(0);
  const start = kind * map.size ** 3;
  let known = 0;
  for (let i = start; i < start + map.size ** 3; i++) {
    if (!map.levels[i]) continue;
    counts[Math.abs(map.levels[i] - 128)]++;
    known++;
  }
  let level = 128;
  for (let above = 0; level > 0 && above + counts[level] <= STRONG * known; level--) above += counts[level];
  return (map.least[kind] = Math.min(level / 127, 0.95));
};
// One slice of the evidence, in the network's cube: warm for, cold against.
const coloured = (plane, map, kind) => {
  const { size } = map;
  const strides = [size * size, size, 1];
  const exact = cubed(map, plane.normal);
  const weak = least(map, kind);
  const [low, near] = [Math.floor(exact), Math.round(exact)];
  const high = Math.min(low + 1, size - 1);
  const pen = sheet(size, size);
  const picture = pen.createImageData(size, size);
  for (let row = 0, out = 0; row < size; row++) {
    const down = flips(plane) ? size - 1 - row : row;
    const start = kind * size ** 3 + down * strides[plane.down];
    for (let column = 0; column < size; column++, out += 4) {
      const at = start + column * strides[plane.across];
      const [a, b] = [low, high].map((i) => map.levels[at + i * strides[plane.normal]]);
      const level = a && b ? a + (exact - low) * (b - a) : near === low ? a : b;
      if (!level) continue;
      const share = (level - 128) / 127;
      const strong = (Math.abs(share) - weak) / (1 - weak);
      if (strong <= 0) continue;
      picture.data.set(share > 0 ? FOR : AGAINST, out);
      picture.data[out + 3] = 255 * Math.min(1, strong + 0.25);
    }
  }
  pen.putImageData(picture, 0, 0);
  return pen.canvas;
};

// Where a plane lies in its canvas: all planes have the same millimetres a pixel.
const frame = (plane, canvas) => {
  const extent = scene.shape.map((side, i) => side * scene.spacing[i]);
  const view = canvas.dataset.plane === undefined ? WHOLE : views[canvas.dataset.plane];
  const scale = (view.zoom * canvas.width) / Math.max(...extent);
  const [wide, high] = [extent[plane.across] * scale, extent[plane.down] * scale];
  const [x, y] = [0.5 + view.x, 0.5 + view.y];
  return [x * canvas.width - wide / 2, y * canvas.height - high / 2, wide, high];
};
const fit = (canvas) => {
  const side = Math.round(canvas.clientWidth * clamp(devicePixelRatio || 1, 1, 2));
  if (!side) return null;
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, side, side);
  pen.imageSmoothingQuality = "high";
  return pen;
};
const drawPlane = (i) => {
  const plane = PLANES[i];
  const canvas = find(`plane="${i}"`);
  const pen = fit(canvas);
  if (!pen) return;
  const [left, top, wide, high] = frame(plane, canvas);
  pen.drawImage(slice(plane, place[plane.normal]), left, top, wide, high);
  const map = scene.maps[find("network")?.selectedIndex];
  const opacity = Number(find("opacity")?.value || 0) / 100;
  if (map && opacity && find("evidence")?.checked) {
    const kind = Math.max(map.classes.indexOf(find("class").value), 0);
    const { start, inner, size } = map;
    const [x, width] = [start[plane.across], inner[plane.across]];
    const height = inner[plane.down];
    const y = flips(plane) ? size - start[plane.down] - height : start[plane.down];
    pen.globalAlpha = opacity;
    pen.drawImage(coloured(plane, map, kind), x, y, width, height, left, top, wide, high);
    pen.globalAlpha = 1;
  }
  const across = left + ((place[plane.across] + 0.5) / scene.shape[plane.across]) * wide;
  const share = (place[plane.down] + 0.5) / scene.shape[plane.down];
  const down = top + (flips(plane) ? 1 - share : share) * high;
  const other = (axis) => HUES[PLANES.findIndex((one) => one.normal === axis)];
  const hues = [other(plane.across), other(plane.down)];
  cross(pen, [left, top, wide, high], [across, down], hues);
  drawMark(pen, plane, [left, top, wide, high], [across, down]);
  if (scene.letters) letter(pen, plane.sides, canvas.width);
  const count = scene.shape[plane.normal];
  const at = place[plane.normal] + 1;
  const words = `${at} / ${count}`;
  find(`at="${i}"`).textContent = words;
  const slider = find(`slice="${i}"`);
  slider.max = count - 1;
  slider.value = place[plane.normal];
  slider.setAttribute("aria-valuetext", words);
  const keys = "Arrow keys move the cross, Page Up and Page Down change the slice, plus and minus zoom.";
  canvas.setAttribute("aria-label", `${say("{plane} slice {at} of {count}.", { plane: say(plane.name), at, count })} ${say(keys)}`);
};
// The cross, with a gap in the middle so that what it points at is seen.
const cross = (pen, [left, top, wide, high], [across, down], [upright, level]) => {
  const gap = pen.canvas.width / 24;
  pen.globalAlpha = 0.8;
  pen.lineWidth = Math.max(1, pen.canvas.width / 320);
  for (const [hue, ...ends] of [
    [upright, across, top, across, Math.max(down - gap, top)],
    [upright, across, Math.min(down + gap, top + high), across, top + high],
    [level, left, down, Math.max(across - gap, left), down],
    [level, Math.min(across + gap, left + wide), down, left + wide, down],
  ]) {
    pen.strokeStyle = hue;
    pen.beginPath();
    pen.moveTo(ends[0], ends[1]);
    pen.lineTo(ends[2], ends[3]);
    pen.stroke();
  }
  pen.globalAlpha = 1;
};
const letter = (pen, [left, right, top, bottom], side) => {
  const size = Math.max(12, side / 20);
  pen.font = `600 ${size}px sans-serif`;
  pen.fillStyle = "#fff";
  pen.strokeStyle = "#000";
  pen.lineWidth = 3;
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  for (const [text, x, y] of [
    [left, size * 0.7, side / 2],
    [right, side - size * 0.7, side / 2],
    [top, side / 2, size * 0.8],
    [bottom, side / 2, side - size * 0.8],
  ]) {
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }
};

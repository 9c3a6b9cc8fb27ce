const { say } = window.paragoneWords;
// A folder becomes one zip in the browser (stored, not compressed), and goes the way of any zip.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc32 = (bytes) => {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
const header = (size, fields) => {
  const view = new DataView(new ArrayBuffer(size));
  fields.forEach(([at, width, value]) => (width === 4 ? view.setUint32(at, value, true) : view.setUint16(at, value, true)));
  return new Uint8Array(view.buffer);
};
const UTF8 = 0x800;
const zip = async (files) => {
  const parts = [], directory = [];
  let offset = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.webkitRelativePath);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const sum = crc32(bytes);
    const common = (at) => [[at, 2, 20], [at + 2, 2, UTF8], [at + 10, 4, sum], [at + 14, 4, bytes.length], [at + 18, 4, bytes.length], [at + 22, 2, name.length]];
    parts.push(header(30, [[0, 4, 0x04034b50], ...common(4)]), name, bytes);
    directory.push(header(46, [[0, 4, 0x02014b50], [4, 2, 20], ...common(6), [42, 4, offset]]), name);
    offset += 30 + name.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = header(22, [[0, 4, 0x06054b50], [8, 2, files.length], [10, 2, files.length], [12, 4, size], [16, 4, offset]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
};
const picker = element.querySelector("input");
const state = element.querySelector("[data-state]");
picker.addEventListener("change", async () => {
  const files = [...picker.files].filter((file) => !file.name.startsWith("."));
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (!files.length) return;
  if (bytes > props.limit || files.length > 65535) {
    state.textContent = say("This folder holds {files} files, {size} MB; at most {most} MB can be sent. Choose a smaller one.", { files: files.length, size: (bytes / 2 ** 20).toFixed(0), most: (props.limit / 2 ** 20).toFixed(0) });
    return;
  }
  state.textContent = say("Packing {files} files…", { files: files.length });
  const name = files[0].webkitRelativePath.split("/")[0] + ".zip";
  const transfer = new DataTransfer();
  transfer.items.add(new File([await zip(files)], name, { type: "application/zip" }));
  const target = document.querySelector(props.target + " input[type=file]");
  target.files = transfer.files;
  target.dispatchEvent(new Event("change", { bubbles: true }));
  state.textContent = "";
  picker.value = "";
});

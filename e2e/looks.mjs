// Kept pictures of the console at half size, and how much a new picture differs from one. The browser itself scales, packs and compares: no library.
// Figures are drawn as zeros first: times, ids and counts differ from run to run, the look may not. `tests/looks.mjs` shows what is told and what not.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";

const KEPT = new URL("looks/", import.meta.url);
/** A channel's step that an eye sees at half size; packing alone moves a channel by less. */
const STEP = 48;
/** Pictures are compared place by place: squares of so many pixels at half size, twice as much on the screen. */
const PLACE = 24;
/** From this part of its pixels on a place looks different: a letter may change, a line of text that moved by two pixels may not. */
const PART = 0.08;
/** Places that may look different: a name or a bar of the week's trend that became longer. A block that moved changes more. */
const PLACES = 3;
/** Pixels on the screen by which a page may be longer or shorter: less than a line. */
const LONGER = 12;

/** What differs from run to run is made alike: figures, ids, and how long ago something was. */
export function plain(page) {
  return page.evaluate(() => {
    for (const time of document.querySelectorAll("time")) if (!/\d:\d/.test(time.textContent)) time.textContent = "0";
    const ids = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32,}\b/g;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode;
      if (text.parentElement.closest("style, script") !== null) continue;
      const masked = text.nodeValue.replaceAll(ids, (id) => id.replaceAll(/[0-9a-f]/g, "0")).replaceAll(/\d/g, "0");
      if (masked !== text.nodeValue) text.nodeValue = masked;
    }
  });
}

export async function openLooks(browser, write, folder = KEPT) {
  const page = await (await browser.newContext()).newPage();
  await mkdir(folder, { recursive: true });
  /** What is wrong with the picture, or null. */
  return async (name, png) => {
    const kept = new URL(`${name}.webp`, folder);
    if (write) {
      await writeFile(kept, Buffer.from(await page.evaluate(packed, png.toString("base64")), "base64"));
      return null;
    }
    if (!existsSync(kept)) return "no picture is kept; write it with HIKESHI_WRITE_LOOKS=1";
    const { longer, places } = await page.evaluate(difference, [png.toString("base64"), (await readFile(kept)).toString("base64"), { STEP, PLACE, PART }]);
    if (Math.abs(longer) > LONGER) return `${Math.abs(longer)} px ${longer > 0 ? "longer" : "shorter"} than the kept picture`;
    if (places.length <= PLACES) return null;
    return `${places.length} places look different, the first at ${places.slice(0, 3).map(({ x, y }) => `${x},${y}`).join(" ")}`;
  };
}

/** In the browser: a PNG as WebP of half its size. */
async function packed(png) {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(Math.ceil(image.width / 2), Math.ceil(image.height / 2));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality: 0.5 })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** In the browser: by how much the picture is longer, and the places (in pixels of the screen) that differ visibly. */
async function difference([png, webp, { STEP, PLACE, PART }]) {
  const open = async (type, data) => createImageBitmap(await (await fetch(`data:image/${type};base64,${data}`)).blob());
  const [now, kept] = await Promise.all([open("png", png), open("webp", webp)]);
  const width = Math.max(Math.ceil(now.width / 2), kept.width);
  const height = Math.max(Math.ceil(now.height / 2), kept.height);
  const drawn = (image, scale) => {
    const pen = new OffscreenCanvas(width, height).getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, 0, 0, Math.ceil(image.width * scale), Math.ceil(image.height * scale));
    return pen.getImageData(0, 0, width, height).data;
  };
  const a = drawn(now, 0.5);
  const b = drawn(kept, 1);
  const unlike = (at) => [0, 1, 2, 3].some((channel) => Math.abs(a[at + channel] - b[at + channel]) > STEP);
  const places = [];
  for (let y = 0; y < height; y += PLACE) {
    for (let x = 0; x < width; x += PLACE) {
      let different = 0;
      for (let row = y; row < Math.min(y + PLACE, height); row += 1) {
        for (let column = x; column < Math.min(x + PLACE, width); column += 1) if (unlike(4 * (row * width + column))) different += 1;
      }
      if (different > PART * PLACE * PLACE) places.push({ x: 2 * x, y: 2 * y });
    }
  }
  return { longer: now.height - 2 * kept.height, places };
}

// Kept pictures of the console at half size, and how much a new picture differs from one. The browser itself scales, packs and compares: no library.
// Figures are drawn as zeros first: times, ids and counts differ from run to run, the look may not.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";

const FOLDER = new URL("looks/", import.meta.url);
/** A channel's step that an eye sees at half size; packing alone moves a channel by less. */
const STEP = 48;
/** The part of a picture that may differ: a word that became longer, a bar of the week's trend. */
const PART = 0.015;

/** Writes zeros in the place of figures and of request ids. */
export function plain(page) {
  return page.evaluate(() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode;
      if (text.parentElement.closest("style, script") !== null) continue;
      const masked = text.nodeValue.replaceAll(/\b[0-9a-f]{32,}\b/g, (id) => "0".repeat(id.length)).replaceAll(/\d/g, "0");
      if (masked !== text.nodeValue) text.nodeValue = masked;
    }
  });
}

export async function openLooks(browser, write) {
  const page = await (await browser.newContext()).newPage();
  await mkdir(FOLDER, { recursive: true });
  /** What is wrong with the picture, or null. */
  return async (name, png) => {
    const kept = new URL(`${name}.webp`, FOLDER);
    if (write) {
      await writeFile(kept, Buffer.from(await page.evaluate(packed, png.toString("base64")), "base64"));
      return null;
    }
    if (!existsSync(kept)) return "no picture is kept; write it with HIKESHI_WRITE_LOOKS=1";
    const part = await page.evaluate(difference, [png.toString("base64"), (await readFile(kept)).toString("base64"), STEP]);
    return part <= PART ? null : `${(part * 100).toFixed(1)} % looks different`;
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

/** In the browser: the part of the pixels that differ visibly; what only one of the two has, counts as different. */
async function difference([png, webp, step]) {
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
  let different = 0;
  for (let at = 0; at < a.length; at += 4) {
    if ([0, 1, 2, 3].some((channel) => Math.abs(a[at + channel] - b[at + channel]) > step)) different += 1;
  }
  return different / (width * height);
}

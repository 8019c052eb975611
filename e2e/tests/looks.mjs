// The pictures' own test: what moved on a page is told, what only changed its figures is not.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openLooks, plain } from "../looks.mjs";
import { test } from "../limited.mjs";

const PAGE = (top, name, counted, ago) => `<body style="margin: 0; font: 14px/1.5 sans-serif">
  <h1 style="font-size: 20px; margin: 20px">Alerts</h1>
  <p style="margin: 20px">${counted} rows, last event <time>${ago}</time>, request ${crypto.randomUUID()}</p>
  <section style="position: absolute; top: ${top}px; left: 40px; width: 320px; border: 1px solid #888; padding: 12px">
    <h2 style="font-size: 16px; margin: 0">${name}</h2>
    <p>The file ran and was not stopped. It talked to an address outside, wrote a key that starts it again, and read what it should not.</p>
    <button>Change the verdict</button>
  </section>
  <div style="height: 600px"></div>
</body>`;

export function looks(world) {
  test("a picture tells of a block that moved, and of a page that grew, but not of other figures", async () => {
    const folder = pathToFileURL(`${await mkdtemp(join(tmpdir(), "hikeshi-looks-"))}/`);
    const context = await world.browser.newContext({ viewport: { width: 500, height: 500 } });
    const page = await context.newPage();
    const taken = async (...shown) => {
      await page.setContent(PAGE(...shown));
      await plain(page);
      return page.screenshot({ fullPage: true });
    };
    await (await openLooks(world.browser, true, folder))("page", await taken(140, "PC-014", 1_204, "5 minutes ago"));
    const compare = await openLooks(world.browser, false, folder);
    const told = async (...shown) => compare("page", await taken(...shown));
    assert.equal(await told(140, "PC-014", 9_731, "an hour ago"), null, "figures, ids and ages are no look");
    assert.equal(await told(140, "PC-0B4", 1_204, "5 minutes ago"), null, "nor is a letter");
    assert.match(await told(146, "PC-014", 1_204, "5 minutes ago"), /places look different/, "six pixels down");
    assert.match(await told(140, "PC-014 of the general affairs department on the third floor", 1_204, "now"), /places look different/, "a line more in the block");
    await page.setContent(PAGE(140, "PC-014", 1_204, "now").replace("600px", "640px"));
    assert.match(await compare("page", await page.screenshot({ fullPage: true })), /40 px longer/);
    assert.match(await compare("unknown", await page.screenshot()), /no picture is kept/);
    await context.close();
    await rm(folder, { recursive: true });
  });
}

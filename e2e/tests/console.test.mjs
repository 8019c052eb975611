// One desk, one browser, the walks of several people.
import { describe } from "node:test";
import { openBrowser, signIn } from "../browser.mjs";
import { openDesk } from "../desk.mjs";
import { after, before } from "../limited.mjs";
import { answers } from "./answers.mjs";
import { conflicts } from "./conflicts.mjs";
import { day } from "./day.mjs";
import { keyboard } from "./keyboard.mjs";
import { keyboardWork } from "./keyboard-work.mjs";
import { lists } from "./lists.mjs";
import { looks } from "./looks.mjs";
import { live } from "./live.mjs";
import { pages } from "./pages.mjs";
import { people } from "./people.mjs";
import { requests } from "./requests.mjs";
import { reading } from "./reading.mjs";

const world = {};

before(async () => {
  world.desk = await openDesk();
  world.base = world.desk.base;
  world.browser = await openBrowser();
  const context = await world.browser.newContext({ locale: "ja" });
  const page = await context.newPage();
  await signIn(page, world.desk.link);
  world.session = await context.storageState();
  await judged(page);
  await context.close();
});

/** Waits until the drill's alerts are judged: one black with its case, one grey. */
async function judged(page) {
  await page.waitForFunction(
    async () => {
      const total = async (path) => (await (await fetch(`/api/v1${path}`)).json()).total;
      return (await total("/alerts?verdict=black")) > 0 && (await total("/alerts?verdict=grey")) > 0 && (await total("/cases")) > 0;
    },
    undefined,
    { timeout: 180_000, polling: 1_000 },
  );
}

after(async () => {
  await world.browser?.close();
  await world.desk?.close();
});

describe("the console", () => {
  looks(world);
  pages(world);
  reading(world);
  keyboard(world);
  day(world);
  people(world);
  lists(world);
  answers(world);
  conflicts(world);
  live(world);
  keyboardWork(world);
  requests(world);
});

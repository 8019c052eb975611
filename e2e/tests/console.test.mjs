// One desk, one browser, the walks of several people.
import { after, before, describe } from "node:test";
import { openBrowser, signIn } from "../browser.mjs";
import { openDesk } from "../desk.mjs";
import { day } from "./day.mjs";
import { keyboard } from "./keyboard.mjs";
import { pages } from "./pages.mjs";

const world = {};

before(async () => {
  world.desk = await openDesk();
  world.base = world.desk.base;
  world.browser = await openBrowser();
  const context = await world.browser.newContext({ locale: "ja" });
  const page = await context.newPage();
  await signIn(page, world.desk.link);
  world.session = await context.storageState();
  await context.close();
});

after(async () => {
  await world.browser?.close();
  await world.desk?.close();
});

describe("the console", () => {
  pages(world);
  keyboard(world);
  day(world);
});

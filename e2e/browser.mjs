// The system's Chromium, and the way in by a one-time link.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const BROWSERS = [process.env.HIKESHI_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export function openBrowser() {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium found; install it (`make setup`) or name it in HIKESHI_CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** Opens the link and presses its button, as a person does: opening alone spends nothing. */
export async function signIn(page, link) {
  await page.goto(link);
  await page.getByRole("button", { name: /サインインする|Sign in with/ }).click();
  await page.waitForURL((url) => url.pathname === "/duty");
}

// Installs this folder's packages when they are missing or older than the lock file. No browser is downloaded: the system's Chromium is driven.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const kept = new URL("node_modules/.package-lock.json", import.meta.url);
const lock = new URL("package-lock.json", import.meta.url);
if (!existsSync(kept) || statSync(kept).mtimeMs < statSync(lock).mtimeMs) {
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: new URL(".", import.meta.url), stdio: "inherit" });
  process.exit(status ?? 1);
}

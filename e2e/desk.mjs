// Starts a desk of its own for the tests: the built binary with a drill on an empty folder and a free port.
// With HIKESHI_URL and HIKESHI_LINK set, a running one is used instead; with HIKESHI_FIXTURE=1 the console's fixture.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE_MS = 180_000;

export async function openDesk() {
  const { HIKESHI_URL, HIKESHI_LINK, HIKESHI_FIXTURE } = process.env;
  if (HIKESHI_URL !== undefined && HIKESHI_LINK !== undefined) return { base: HIKESHI_URL, link: HIKESHI_LINK, close: async () => {} };
  if (HIKESHI_FIXTURE === "1") return fixture();
  return real();
}

async function real() {
  const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/hikeshi/target");
  const data = await mkdtemp(join(tmpdir(), "hikeshi-e2e-"));
  const desk = spawn(join(target, "debug/hikeshi"), ["serve", "--data", data, "--listen", "127.0.0.1:0", "--drill", "company-week"], { stdio: ["ignore", "pipe", "pipe"] });
  const [link] = await Promise.all([printed(desk, /https?:\/\/\S+#token=\S+/), printed(desk, /Drill `company-week` (loaded|was loaded)/)]);
  const close = async () => {
    await ended(desk);
    await rm(data, { recursive: true, force: true });
  };
  return { base: new URL(link).origin, link, close };
}

async function fixture() {
  const folder = new URL("../console/", import.meta.url);
  const desk = spawn(process.execPath, ["node_modules/vite/bin/vite.js", "preview", "--mode", "fixture", "--port", "0", "--host", "127.0.0.1"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const base = (await printed(desk, /http:\/\/127\.0\.0\.1:\d+/)).replace(/\/$/, "");
  return { base, link: `${base}/sign-in#token=fixture`, close: () => ended(desk) };
}

/** The first text on stdout or stderr that fits; what was printed instead, if the process ends or takes too long. */
function printed(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (why) => reject(new Error(`${why}; it printed:\n${text}`));
    const timer = setTimeout(() => fail("the desk did not start in time"), PATIENCE_MS);
    const read = (chunk) => {
      text += chunk.toString("utf8").replaceAll(/\u001b\[[0-9;]*m/g, "");
      const found = pattern.exec(text);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", (error) => fail(`the desk could not be started: ${error.message}`));
    child.on("exit", (code) => fail(`the desk ended with ${code}`));
  });
}

function ended(child) {
  return new Promise((resolve) => {
    child.removeAllListeners("exit");
    child.on("exit", resolve);
    child.kill("SIGTERM");
  });
}

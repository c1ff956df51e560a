// Haraka with queue/smtp_forward, installed into a folder outside the repository for the length of a benchmark.

import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort, startDaemon, untilListening } from "../support/daemon.ts";

export type Haraka = AsyncDisposable & { readonly port: number; readonly version: string };

const run = promisify(execFile);
/** The version the README's figures are measured with. */
const HARAKA = "Haraka@3.3.4";
/** A registry that does not answer is given up. */
const INSTALL_MS_MAX = 180_000;

/** Plain: no DNS, no checks but the recipient's domain, every mail forwarded to `sinkPort` before it is answered. */
export async function startHaraka(folder: string, domain: string, sinkPort: number): Promise<Haraka> {
  const home = join(folder, "haraka");
  const config = join(home, "config");
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "package.json"), "{}");
  const install = ["install", "--no-audit", "--no-fund", "--omit=optional", "--loglevel=error", HARAKA];
  await run("npm", install, { cwd: home, timeout: INSTALL_MS_MAX });
  const installed = join(home, "node_modules", "Haraka");
  await cp(join(installed, "config"), config, { recursive: true });
  const port = await freePort();
  const files: Readonly<Record<string, string>> = {
    plugins: "rcpt_to.in_host_list\nqueue/smtp_forward\n",
    host_list: `${domain}\n`,
    me: "haraka.test.example\n",
    loglevel: "LOGERROR\n",
    "smtp.ini": `listen=127.0.0.1:${port}\nnodes=0\n`,
    "smtp_forward.ini": `host=127.0.0.1\nport=${sinkPort}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(config, name), text);
  const daemon = startDaemon(process.execPath, [join(installed, "bin", "haraka"), "-c", home], {
    cwd: home,
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` },
  });
  await untilListening(daemon, port);
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as { version: string };
  return { port, version: manifest.version, [Symbol.asyncDispose]: () => daemon.stop("SIGTERM") };
}

// The decide worker, except that it never gets ready with rules whose hash is "silent" and dies with those of "dead".

import { workerData } from "node:worker_threads";
import type { WorkerSetup } from "../../src/decider/worker.ts";

const { rules } = workerData as WorkerSetup;
if (rules.hash === "dead") throw new Error("this worker never starts");
if (rules.hash === "silent") await import("./silent-worker.ts");
else await import("../../src/decider/worker.ts");

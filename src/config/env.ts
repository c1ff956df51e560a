// The one place where the environment is read. Everything else is handed a value.

import { enableCompileCache } from "node:module";

/** The settings an operator may give by environment, as text or undefined; `config.ts` checks them. */
export type Environment = {
  readonly config: string | undefined;
  readonly data: string | undefined;
  readonly rules: string | undefined;
  readonly shadowRules: string | undefined;
  readonly hostname: string | undefined;
  readonly listenAddress: string | undefined;
  readonly logLevel: string | undefined;
};

export function readEnvironment(): Environment {
  const env = process.env;
  return {
    config: env["MAILWARD_CONFIG"],
    data: env["MAILWARD_DATA"],
    rules: env["MAILWARD_RULES"],
    shadowRules: env["MAILWARD_SHADOW_RULES"],
    hostname: env["MAILWARD_HOSTNAME"],
    listenAddress: env["MAILWARD_LISTEN_ADDRESS"],
    logLevel: env["MAILWARD_LOG_LEVEL"],
  };
}

/** A secret named in a configuration file, such as a destination's password; null when it is not set. */
export function secretFromEnvironment(name: string): string | null {
  return process.env[name] ?? null;
}

/**
 * Half of the start is Node reading our sources and libraries: let it keep what it compiled in this folder, also for
 * worker threads, which take the folder from the environment. Where it may not write, nothing changes.
 */
export function keepCompiledCode(folder: string): void {
  enableCompileCache(folder);
  process.env["NODE_COMPILE_CACHE"] ??= folder;
}

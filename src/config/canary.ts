// Mails of our own that try every door: `canary:` in the configuration file.

import { z } from "zod";

export type CanarySettings = {
  readonly everyMs: number;
  /** One that has not arrived by then is missing. */
  readonly missingAfterMs: number;
  /** Also in watched mailboxes, where they stay. */
  readonly imap: boolean;
};

export const canarySchema = z.strictObject({
  every_minutes: z.number().min(1).max(1440),
  missing_after_minutes: z.number().min(0.1).max(60).default(5),
  imap: z.boolean().default(false),
});

export function canaryFrom(canary: z.infer<typeof canarySchema> | undefined): CanarySettings | null {
  if (canary === undefined) return null;
  const { every_minutes: everyMinutes, missing_after_minutes: missingMinutes, imap } = canary;
  return { everyMs: everyMinutes * 60_000, missingAfterMs: missingMinutes * 60_000, imap };
}

// The mail server that brings our own mails to people: `notices:` in the configuration file.

import { z } from "zod";

/** The mail server that brings our own mails to people. */
export type NoticeSettings = {
  readonly from: string | null;
  readonly host: string;
  readonly port: number;
  readonly tls: "none" | "opportunistic" | "required" | "verified";
  readonly user: string | null;
  readonly passwordEnv: string | null;
};

export const noticesSchema = z.strictObject({
  from: z
    .string()
    .regex(/^[^\s<>@]+@[^\s<>@]+$/, "write one address, such as mailward@clinic.example")
    .optional(),
  host: z.string().min(1).meta({ example: "host: mail.clinic.example" }),
  port: z.int().min(1).max(65535).default(25),
  tls: z.enum(["none", "opportunistic", "required", "verified"]).default("opportunistic"),
  user: z.string().min(1).optional(),
  password_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "write the name of an environment variable, never the password itself")
    .optional(),
});

export function noticesFrom(notices: z.infer<typeof noticesSchema> | undefined): NoticeSettings | null {
  if (notices === undefined) return null;
  const { from = null, host, port, tls, user = null, password_env: passwordEnv = null } = notices;
  return { from, host, port, tls, user, passwordEnv };
}

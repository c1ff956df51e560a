// `mailward password`: makes the line that stands for a staff password in the configuration file.

import { text } from "node:stream/consumers";
import { Command } from "commander";
import { hashPassword } from "../intake/sign-in.ts";
import { CannotDo, plainErrors, print, printJson } from "./operator.ts";

/** Characters; the door counts wrong guesses, so this need not stand against guessing offline. */
const LENGTH_MIN = 12;

type PasswordFlags = { readonly json?: boolean };

export function passwordCommand(): Command {
  return new Command("password")
    .description("read a staff password from standard input and print what to write in the configuration file")
    .option("--json", "one JSON value, for programs")
    .action((flags: PasswordFlags) => plainErrors(() => password(flags)));
}

async function password({ json }: PasswordFlags): Promise<void> {
  if (process.stdin.isTTY) process.stderr.write("Type the password, then Enter and Ctrl-D: ");
  const typed = (await text(process.stdin)).replace(/\r?\n$/, "");
  if ([...typed].length < LENGTH_MIN)
    throw new CannotDo(`The password is shorter than ${LENGTH_MIN} characters. Please choose a longer one.`);
  const hash = await hashPassword(typed);
  if (json) printJson({ password: hash });
  else print(hash);
}

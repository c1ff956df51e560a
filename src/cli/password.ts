// `mailward password`: makes the line that stands for a staff password in the configuration file.

import { text } from "node:stream/consumers";
import { Command } from "commander";
import { hashPassword } from "../intake/sign-in.ts";
import { CannotDo, plainErrors, print } from "./operator.ts";

export function passwordCommand(): Command {
  return new Command("password")
    .description("read a staff password from standard input and print what to write in the configuration file")
    .action(() => plainErrors(password));
}

async function password(): Promise<void> {
  if (process.stdin.isTTY) process.stderr.write("Type the password, then Enter and Ctrl-D: ");
  const typed = (await text(process.stdin)).replace(/\r?\n$/, "");
  if (typed.length < 12) throw new CannotDo("The password is shorter than 12 characters. Please choose a longer one.");
  print(await hashPassword(typed));
}

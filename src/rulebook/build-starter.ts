// `npm run starter`: works out `starter-model.bin` from our written mails.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { labelledMails } from "./labelled.ts";
import { STARTER_FILE, STARTER_TYPES, starterOf } from "./starter.ts";

const { mails, mistakes } = labelledMails(join(import.meta.dirname, "../../fixtures/training"), STARTER_TYPES);
if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
const bytes = await starterOf(mails);
writeFileSync(STARTER_FILE, bytes);
process.stdout.write(`${mails.length} mails, ${bytes.length} bytes\n`);

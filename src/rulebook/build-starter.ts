// `npm run starter`: works out `starter-model.json` from our written mails.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { labelledMails } from "./labelled.ts";
import { STARTER_FILE, STARTER_TYPES, starterFile } from "./starter.ts";

const { mails, mistakes } = labelledMails(join(import.meta.dirname, "../../fixtures/training"), STARTER_TYPES);
if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
const file = await starterFile(mails);
writeFileSync(STARTER_FILE, `${JSON.stringify(file)}\n`);
process.stdout.write(`${mails.length} mails, ${file.stems.length} stems, scale ${file.calibration.scale}\n`);

// An invitation (RFC 5545, RFC 5546) as far as a person would read it: what is asked, what it is, where, and what for.

/** `text` holds summary, location and description, one below the other. */
export type Invite = { readonly method: string | null; readonly text: string };

const SPOKEN = ["SUMMARY", "LOCATION", "DESCRIPTION"] as const;
/** Much more than anybody writes into an invitation, in characters. */
const VALUE_CHARS_MAX = 20_000;
const LINES_MAX = 5_000;

/** Read an invitation; `declared` is the method its Content-Type names. Never throws. */
export function readInvite(calendar: string, declared: string): Invite {
  const found = new Map<string, string>();
  let inEvent = false;
  for (const line of unfold(calendar)) {
    const cut = /^([A-Za-z-]{1,30})(?:;[^:"]*(?:"[^"]*"[^:"]*)*)?:/.exec(line);
    const name = cut?.[1]?.toUpperCase();
    if (cut === null || name === undefined) continue;
    const value = line.slice(cut[0].length);
    if (name === "BEGIN") inEvent = /^(?:VEVENT|VTODO|VJOURNAL)\s*$/i.test(value);
    else if (name === "METHOD" && !found.has(name)) found.set(name, value.trim());
    else if (inEvent && !found.has(name)) found.set(name, value);
  }
  const method = (declared || found.get("METHOD") || "").toUpperCase();
  const text = SPOKEN.flatMap((name) => unescapeText(found.get(name) ?? "") || []).join("\n");
  return { method: /^[A-Z-]{1,30}$/.test(method) ? method : null, text };
}

/** A line that begins with white space goes on the one above (RFC 5545 3.1). */
function unfold(calendar: string): readonly string[] {
  return calendar.replace(/\r?\n[ \t]/g, "").split(/\r?\n|\r/, LINES_MAX);
}

/** RFC 5545 3.3.11. */
function unescapeText(value: string): string {
  return value
    .slice(0, VALUE_CHARS_MAX)
    .replace(/\\([\\;,nN])/g, (_, char: string) => (char === "n" || char === "N" ? "\n" : char))
    .trim();
}

// Single headers out of what mailparser read: addresses, dates, Message-IDs.

import type { HeaderLines, Headers } from "mailparser";
import type { Address, Message } from "../message.ts";
import { fromByteString } from "./charset.ts";
import { readableWords } from "./encoded-words.ts";
import type { HeaderLookup } from "./kind.ts";

/** The raw values of a header by its lower-case name, unfolded and trimmed. */
export function headerLookup(lines: HeaderLines): HeaderLookup {
  const values = new Map<string, string[]>();
  for (const { key, line } of lines) {
    const value = line.slice(line.indexOf(":") + 1);
    const unfolded = fromByteString(value.replace(/\r?\n/g, "").trim());
    const list = values.get(key);
    if (list === undefined) values.set(key, [unfolded]);
    else list.push(unfolded);
  }
  return (name) => values.get(name) ?? [];
}

/** A mail has some thirty; more than this and longer values are left out, as no rule asks for them. */
const FIELDS_MAX = 200;
const FIELD_CHARS_MAX = 2000;

/** All header fields in order, unfolded and decoded. */
export function headerFields(lines: HeaderLines): Message["headers"] {
  return lines.slice(0, FIELDS_MAX).map(({ key, line }) => {
    const value = line
      .slice(line.indexOf(":") + 1, FIELD_CHARS_MAX)
      .replace(/\r?\n/g, "")
      .trim();
    return { name: key, value: readableWords(fromByteString(value)) };
  });
}

type Parsed = { readonly name?: string; readonly address?: string; readonly group?: readonly Parsed[] };

/** The addresses of a header, groups unfolded, at most `limit`. An entry with neither name nor address is left out. */
export function readAddresses(headers: Headers, name: string, limit: number): readonly Address[] {
  const found: Address[] = [];
  const add = (entries: readonly Parsed[]) => {
    for (const entry of entries) {
      if (found.length >= limit) return;
      if (entry.group !== undefined) add(entry.group);
      else if (entry.name || entry.address) found.push({ name: text(entry.name), address: text(entry.address) });
    }
  };
  for (const header of [headers.get(name) ?? []].flat()) {
    if (typeof header === "object" && "value" in header && Array.isArray(header.value)) add(header.value);
  }
  return found;
}

function text(value: string | undefined): string {
  return (value ?? "").replaceAll("\0", "").toWellFormed();
}

/** A time zone at the end: offset, or one of the names RFC 5322 4.3 gives. */
const ZONE = /(?:[+-]\d{4}|\b(?:UT|UTC|GMT|Z|[ECMP][SD]T))$/i;

/**
 * A Date header as milliseconds since 1970; null when it cannot be read. A date without a zone is taken as UTC, so that
 * the answer does not depend on where the gateway runs.
 */
export function readDate(value: string | undefined): number | null {
  if (value === undefined || value.length > 100) return null;
  const bare = value.replace(/\([^()]*\)/g, " ").trim();
  if (!/\d/.test(bare)) return null;
  // A zone of letters nobody defined says nothing (RFC 5322 4.3).
  const known = ZONE.test(bare) ? bare : `${bare.replace(/\s[A-Z][A-Z0-9]{0,9}$/i, "")} +0000`;
  const time = Date.parse(known);
  return Number.isNaN(time) ? null : time;
}

/** Message-IDs in order, each in angle brackets. Without any brackets the words are taken as ids. */
export function readIds(values: readonly string[]): readonly string[] {
  const all = values.join(" ");
  const bracketed = all.match(/<[^<>\s]{1,998}>/g);
  if (bracketed !== null) return bracketed;
  return all
    .split(/\s+/)
    .flatMap((id) => (id.includes("@") && id.length <= 998 ? [`<${id.replace(/[<>]/g, "")}>`] : []));
}

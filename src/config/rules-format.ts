// Rule files in the house's form: `mailward rules fmt`. What comes out means the same and has every comment, or nothing
// comes out.

import { isDeepStrictEqual } from "node:util";
import { type Document, isSeq, Lexer, parseDocument, visit } from "yaml";
import { type Problem, type Source, yamlMistakes } from "./yaml.ts";
import { type KeyOrder, printYaml } from "./yaml-print.ts";

/** Keys of a rule in the order a reader asks for them: what it is, what it looks for, when, what it says, the proof. */
const RULE_KEYS =
  "id note mode from until type points sure any all near none except patterns in inflect heed when queue department examples".split(
    " ",
  );

export type Formatted =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] }
  /** The form would lose something; `why` says what, and the file is best left alone. */
  | { readonly kind: "refused"; readonly why: string };

/** A rule file in the house's form. */
export function formatRules(source: Source): Formatted {
  const problems = yamlMistakes(source);
  if (problems.length > 0) return { kind: "problems", problems };
  const document = read(source.text);
  const before = { value: valueOf(document), comments: comments(source.text) };
  const text = printYaml(document, ruleOrder);
  const again = read(text);
  if (again.errors.length > 0 || !isDeepStrictEqual(valueOf(again), before.value)) {
    return { kind: "refused", why: "it would mean something else afterwards; please report this file" };
  }
  if (!isDeepStrictEqual(comments(text), before.comments)) {
    return {
      kind: "refused",
      why: "a comment stands where it would be lost; move it to a line of its own above an entry",
    };
  }
  return { kind: "text", text };
}

/** The same with one more entry at the end of a list; the list is made when it is not there. */
export function withEntry(source: Source, path: readonly string[], entry: unknown): Formatted {
  const problems = yamlMistakes(source);
  if (problems.length > 0) return { kind: "problems", problems };
  const document = read(source.text);
  const list = document.getIn(path, true);
  if (!isSeq(list)) document.setIn(path, document.createNode([]));
  const node = document.createNode(entry);
  visit(node, {
    Seq(_, seq) {
      seq.flow = true;
    },
  });
  document.addIn(path, node);
  const seq = document.getIn(path, true);
  if (isSeq(seq)) seq.flow = false;
  return formatRules({ file: source.file, text: printYaml(document, ruleOrder) });
}

function read(text: string): Document {
  return parseDocument(text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"));
}

function valueOf(document: Document): unknown {
  return document.toJS({ maxAliasCount: -1 });
}

/** Every comment of a text, sorted: they may change places with the keys they stand beside. */
function comments(text: string): readonly string[] {
  const found: string[] = [];
  let isScalarText = false;
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith("#") && !isScalarText) found.push(token.trim());
    // The lexer puts this sign before the text of a scalar, which may look like a comment.
    isScalarText = token === "\u001f";
  }
  return found.sort();
}

const ruleOrder: KeyOrder = (keys) => {
  if (!keys.includes("id")) return null;
  const place = (key: string) => {
    const at = RULE_KEYS.indexOf(key);
    return at < 0 ? RULE_KEYS.length : at;
  };
  return keys.toSorted((a, b) => place(a) - place(b));
};

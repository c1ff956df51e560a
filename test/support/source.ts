// Reads TypeScript just well enough for the tidy test: what is code, what is a string, what is imported.
// Comments and the contents of strings and regular expressions are blanked with spaces, so positions stay.

export type SourceFile = { readonly path: string; readonly text: string };

export type Literal = { readonly start: number; readonly text: string };

export type Source = SourceFile & {
  /** The text without comments, strings and regular expressions; as long as the text. */
  readonly code: string;
  /** Quoted strings and the fixed pieces of templates. */
  readonly literals: readonly Literal[];
  /** What is imported, re-exported, required or loaded by `new URL(…, import.meta.url)`, as written. */
  readonly imports: readonly string[];
};

/** What may stand right before the text of an import's string. */
const IMPORT_BEFORE = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\(|\brequire\.resolve\s*\(|\bnew\s+URL\s*\()\s*$/;

/** A slash after one of these begins a regular expression, after anything else it divides. */
const REGEX_BEFORE = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;

/** Reads one file. */
export function readSource(file: SourceFile): Source {
  const scan = new Scan(file.text);
  scan.code(0, null);
  const code = scan.blanked.join("");
  const imports = scan.literals
    .filter((literal) => IMPORT_BEFORE.test(code.slice(Math.max(0, literal.start - 40), literal.start)))
    .map((literal) => literal.text);
  return { ...file, code, literals: scan.literals, imports };
}

class Scan {
  readonly text: string;
  readonly blanked: string[];
  readonly literals: Literal[] = [];

  constructor(text: string) {
    this.text = text;
    this.blanked = text.split("");
  }

  /** Walks code from `at` to the brace that ends a template's hole, or to the end; answers the position after it. */
  code(at: number, closing: "}" | null): number {
    let depth = 0;
    let i = at;
    while (i < this.text.length) {
      const char = this.text[i] ?? "";
      if (closing !== null && char === "}" && depth === 0) return i + 1;
      if (char === "{") depth += 1;
      if (char === "}") depth -= 1;
      i = this.#step(i, char);
    }
    return i;
  }

  #step(i: number, char: string): number {
    const two = this.text.slice(i, i + 2);
    if (two === "//" || (i === 0 && two === "#!")) return this.#blankTo(i, this.#find("\n", i));
    if (two === "/*") return this.#blankTo(i, this.#find("*/", i + 2) + 2);
    if (char === '"' || char === "'") return this.#string(i, char);
    if (char === "`") return this.#template(i + 1);
    if (char === "/" && REGEX_BEFORE.test(this.#codeBefore(i))) return this.#regex(i);
    return i + 1;
  }

  #string(start: number, quote: string): number {
    const end = this.#unescaped(start + 1, (char) => char === quote || char === "\n");
    this.#literal(start + 1, end);
    return end + 1;
  }

  #template(start: number): number {
    let from = start;
    for (;;) {
      const end = this.#unescaped(from, (char, i) => char === "`" || this.text.startsWith("${", i));
      this.#literal(from, end);
      if (end >= this.text.length || this.text[end] === "`") return end + 1;
      from = this.code(end + 2, "}");
    }
  }

  #regex(start: number): number {
    let inClass = false;
    const end = this.#unescaped(start + 1, (char) => {
      if (char === "[") inClass = true;
      if (char === "]") inClass = false;
      return (char === "/" && !inClass) || char === "\n";
    });
    return this.#blankTo(start + 1, end) + 1;
  }

  #unescaped(from: number, isEnd: (char: string, i: number) => boolean): number {
    let i = from;
    while (i < this.text.length && !isEnd(this.text[i] ?? "", i)) i += this.text[i] === "\\" ? 2 : 1;
    return Math.min(i, this.text.length);
  }

  #literal(start: number, end: number): void {
    this.literals.push({ start: start - 1, text: this.text.slice(start, end) });
    this.#blankTo(start, end);
  }

  #blankTo(start: number, end: number): number {
    for (let i = start; i < end && i < this.text.length; i += 1) if (this.text[i] !== "\n") this.blanked[i] = " ";
    return end;
  }

  #find(what: string, from: number): number {
    const at = this.text.indexOf(what, from);
    return at < 0 ? this.text.length : at;
  }

  #codeBefore(i: number): string {
    return this.blanked.slice(Math.max(0, i - 200), i).join("");
  }
}

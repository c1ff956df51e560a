// Messages and rules that say nothing, for tests to say one thing in.

import type { Ground } from "../../src/classify/classify.ts";
import { ruleOf } from "../../src/config/rule.ts";
import { typeRule } from "../../src/config/rule-schema.ts";
import type { RuleSet, TypeRule } from "../../src/config/rules.ts";
import type { Message } from "../../src/message.ts";

export const BLANK_MESSAGE: Message = {
  kind: "person",
  from: null,
  replyTo: null,
  to: [],
  cc: [],
  subject: "",
  text: "",
  sections: [],
  forward: null,
  pairs: [],
  language: null,
  refusals: [],
  failures: [],
  date: null,
  messageId: null,
  inReplyTo: null,
  references: [],
  headers: [],
  attachments: [],
  defects: [],
};

/** A message whose text the writer wrote now. */
export function messageSaying(text: string): Message {
  return { ...BLANK_MESSAGE, text, sections: [{ kind: "own", start: 0, end: text.length }] };
}

export const BLANK_RULES: RuleSet = {
  hash: "",
  domains: [],
  help: { write: "", call: "" },
  aliases: [],
  queues: [],
  reviewQueue: "review",
  decide: {
    atLeast: 3,
    margin: 1.5,
    modelPointsMax: 2.5,
    modelMargin: 1.5,
    modelMarginOver: {},
    modelUrgency: {},
    marginFor: {},
  },
  costs: {},
  words: [],
  facts: [],
  staff: [],
  calendar: { timeZone: "UTC", open: null, holidays: new Map(), afterHours: null },
  never: [],
  types: [],
  urgencies: [],
  departments: [],
  forms: { formFrom: 2, blank: [], fields: [], required: [] },
};

/** A rule of a request type with 3 points, from its keys as a file has them. */
export function ruleSaying(file: Readonly<Record<string, unknown>>): TypeRule {
  return { ...ruleOf(typeRule.parse({ id: "rule", points: 3, ...file }), []), strength: { kind: "hint", points: 3 } };
}

/** A mail that is no form. */
export const NO_FORM = { labels: [], fields: [] };

/** No P1 phrase speaks for a type. */
export const NO_SAFETY = { types: [], areDoubted: false } as const;

/** Nothing is known of the mail beside its words. */
export const NO_GROUND: Ground = { alias: null, known: new Map(), today: null, advice: null, withShadow: false };

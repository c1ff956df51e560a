// What an evaluation found, as one value: for programs, for the terminal and for a page.

import { NONE } from "../classify/adviser.ts";
import type { RuleSet } from "../config/rules.ts";
import type { CalibratedBy, Evaluated, Evaluation } from "../rulebook/evaluation.ts";
import {
  costOf,
  type Figures,
  type FittedMargin,
  figuresOf,
  fittedMargins,
  mean,
  type Reliability,
  reliability,
  reliabilityGap,
  type UrgencyFigures,
  urgencyFigures,
  type Way,
} from "../rulebook/figures.ts";
import { watchedTypes } from "../rulebook/guards.ts";
import { bar, paint, table } from "./terminal.ts";

/** One way of deciding: figures by type, the means over them, and shares of all mails. */
export type WayReport = {
  readonly way: Way;
  readonly name: string;
  readonly f1: number;
  readonly f1Routed: number;
  /** Of the mails that have a queue: those that go to people. */
  readonly review: number;
  /** Of the mails for none of the queues: those that go to people, as they should; null where there is none. */
  readonly none: number | null;
  /** By the rules' matrix, for a hundred mails. */
  readonly cost: number;
  readonly figures: readonly Figures[];
  readonly matrix: Matrix;
};

/** Counts of mails by what they are and where they go, in the order of the types; the last are those that go to people. */
export type Matrix = readonly { readonly type: string; readonly counts: readonly number[] }[];

export type Report = {
  readonly mails: number;
  readonly writers: number;
  readonly types: readonly string[];
  readonly ways: readonly WayReport[];
  readonly urgencies: readonly UrgencyFigures[];
  readonly urgenciesByRules: readonly UrgencyFigures[];
  readonly reliability: readonly Reliability[];
  /** How far what the model says is from how often it is right; null: it said nothing. */
  readonly reliabilityGap: number | null;
  readonly calibratedBy: CalibratedBy;
  /** Mails of types that the rules do not know any more: they are not counted. */
  readonly leftOut: number;
  /** For the share of mistakes asked for; null: none was. */
  readonly margins: { readonly bound: number; readonly fitted: readonly FittedMargin[] } | null;
};

const WAYS: readonly (readonly [Way, string])[] = [
  ["alias", "alias alone"],
  ["rules", "rules alone"],
  ["model", "model alone"],
  ["both", "rules and model"],
];

export function reportOf(
  { mails, calibratedBy }: Evaluation,
  rules: RuleSet,
  bound: number | null,
  leftOut: number,
): Report {
  const tenths = reliability(mails);
  const types = rules.types.map(({ name }) => name);
  return {
    mails: mails.length,
    writers: new Set(mails.map(({ mail }) => mail.voice)).size,
    types,
    ways: WAYS.map(([way, name]) => wayReport(way, name, mails, rules, types)),
    urgencies: urgencyFigures(mails),
    urgenciesByRules: urgencyFigures(mails, "urgencyByRules"),
    reliability: tenths,
    reliabilityGap: reliabilityGap(tenths),
    calibratedBy,
    leftOut,
    margins:
      bound === null
        ? null
        : { bound, fitted: fittedMargins(mails, types, bound, { ...rules.decide, margin: rules.decide.modelMargin }) },
  };
}

function urgencyTable(figures: readonly UrgencyFigures[]): string {
  return table(
    URGENCY_HEAD,
    figures.map(({ urgency, mails, precision, recall }) => [urgency, mails, percent(precision), percent(recall)]),
  );
}

export const URGENCY_HEAD = ["urgency", "mails", "precision", "recall"];

function wayReport(
  way: Way,
  name: string,
  mails: readonly Evaluated[],
  rules: RuleSet,
  types: readonly string[],
): WayReport {
  const figures = figuresOf(mails, way, types);
  return {
    way,
    name,
    f1: mean(figures.map(({ f1 }) => f1)),
    f1Routed: mean(figures.map(({ f1Routed }) => f1Routed)),
    review:
      toPeople(
        mails.filter(({ mail }) => mail.type !== NONE),
        way,
      ) ?? 0,
    none: toPeople(
      mails.filter(({ mail }) => mail.type === NONE),
      way,
    ),
    cost: (costOf(mails, way, rules, watchedTypes(rules)) / mails.length) * 100,
    figures,
    matrix: [...types, NONE].map((type) => ({
      type,
      counts: [...types, null].map(
        (to) => mails.filter(({ mail, answers }) => mail.type === type && answers[way] === to).length,
      ),
    })),
  };
}

function toPeople(mails: readonly Evaluated[], way: Way): number | null {
  return mails.length === 0 ? null : mails.filter(({ answers }) => answers[way] === null).length / mails.length;
}

/** The report for people on a terminal. */
export function reportText(report: Report): string {
  return [
    `${introduction(report)}`,
    table(
      ["way of deciding", "F1", "F1 routed", "to people", "none to people", "cost of 100 mails"],
      report.ways.map(({ name, f1, f1Routed, review, none, cost }) => [
        name,
        ...[f1, f1Routed, review, none].map(percent),
        cost.toFixed(0),
      ]),
    ),
    ...report.ways.flatMap(({ name, way, figures, matrix }) => [
      section(name, table(FIGURES, figures.map(figuresRow))),
      // By the alias alone nothing is decided.
      ...(way === "alias" ? [] : [matrixText(name, matrix, report.types)]),
    ]),
    section("urgency, by rules and model", urgencyTable(report.urgencies)),
    section("urgency, by rules alone", urgencyTable(report.urgenciesByRules)),
    section(
      "when the model says it is so sure, how often it is right",
      table(
        ["says", "is right", "", "over"],
        report.reliability.map(({ mails, said, right }) => [
          percent(said),
          percent(right),
          bar(right, 1),
          `${mails} mails`,
        ]),
      ) + gapWords(report),
    ),
    ...marginsText(report),
  ].join("\n\n");
}

/** What the figures are of, in a sentence or two. */
export function introduction({ mails, writers, leftOut }: Report): string {
  const rest = leftOut === 0 ? "" : ` ${leftOut} more are of types the rules do not have; they are not counted.`;
  return `${mails} mails of ${writers} writers; the model never saw the writer of the mail it is asked about.${rest}`;
}

function matrixText(name: string, matrix: Matrix, types: readonly string[]): string {
  return section(
    `${name}: what it is (down), and where it goes (across)`,
    table(
      ["", ...types, "people"],
      matrix.map(({ type, counts }) => [type, ...counts]),
    ),
  );
}

/** How good the model's word is, and on what it was calibrated. */
export const CALIBRATED: Readonly<Record<CalibratedBy, string>> = {
  "other-writers": "calibrated on other writers' mails",
  "in-use": "calibrated as the model in use is",
  starter: "calibrated as the starter is: there are too few mails for more",
};

function gapWords({ reliabilityGap: gap, calibratedBy }: Report): string {
  return gap === null ? "" : `\n${percent(gap)?.trim()} apart on average, ${CALIBRATED[calibratedBy]}`;
}

export const FIGURES = ["type", "mails", "precision", "recall", "F1", "F1 routed", "to people", "not lost"] as const;

export function figuresRow({ type, mails, precision, recall, f1, f1Routed, review, safe }: Figures) {
  return [type, mails, ...[precision, recall, f1, f1Routed, review, safe].map(percent)];
}

export const MARGINS = [
  "type",
  "lead",
  "wrong, on writers it was not fitted on",
  "still routed",
  "more to people",
] as const;

export function marginRow({ type, margin, wrong, routed, toPeople }: FittedMargin) {
  return margin === null
    ? [type, "no lead is enough", null, 0, toPeople]
    : [type, margin.toFixed(1), percent(wrong), routed, toPeople];
}

function marginsText({ margins, mails }: Report): readonly string[] {
  if (margins === null) return [];
  const { bound, fitted } = margins;
  const found = fitted.flatMap(({ type, margin, inForce }) =>
    margin === null || margin === inForce ? [] : [`${type}: ${margin}`],
  );
  const more = fitted.reduce((sum, { toPeople }) => sum + toPeople, 0);
  const rows = fitted.map(marginRow);
  const isUntold = fitted.some(({ margin }) => margin === null);
  return [
    section(
      `leads with which at most ${percent(bound)?.trim()} of what is routed to a type is wrong`,
      table(MARGINS, rows),
    ),
    `That is ${percent(more / mails)?.trim()} of all mails more for people. ${toWrite(found, isUntold)}${isUntold ? "\nA type without a lead has too few mails, or too many mistakes that no lead tells apart." : ""}`,
  ];
}

/** Leads that are as the rules have them need no line: `margin_for` also counts where the alias alone decides. */
function toWrite(found: readonly string[], isUntold: boolean): string {
  if (found.length === 0) return isUntold ? "" : "The rules need no change for it.";
  return `In the rules:\n  decide: { margin_for: { ${found.join(", ")} } }`;
}

function section(title: string, text: string): string {
  return `${paint("bold", title)}\n${text}`;
}

export function percent(value: number | null): string | null {
  return value === null ? null : `${(value * 100).toFixed(1)} %`.padStart(7);
}

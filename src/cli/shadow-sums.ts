// Live rules and rules tried out, compared: counts of answers become what people ask for. Pure.

import type { Urgency } from "../outcome.ts";
import { ALWAYS_WATCHED } from "../rulebook/guards.ts";
import { idOf } from "../store/ref.ts";
import type { ShadowCounts, ShadowGroup } from "../store/shadow.ts";

/** How many, and the newest of them by reference. */
export type Counted = { readonly count: number; readonly refs: readonly string[] };

/** From the live answer to that of the rules tried out. */
export type ShadowMove = Counted & { readonly live: string; readonly shadow: string };

/** A rule that spoke only among the rules tried out, and how often the answer was another then. */
export type TriedRule = { readonly rule: string; readonly spoke: Counted; readonly changed: Counted };

export type ShadowSums = {
  readonly asked: number;
  /** The same type, urgency, queue and review. */
  readonly agree: number;
  readonly differ: number;
  readonly first: number | null;
  readonly last: number | null;
  /** Of the watched type, and in the shadow no longer, or only as a guess for people. */
  readonly leaving: Counted;
  readonly lowered: Counted;
  readonly raised: Counted;
  readonly queues: readonly ShadowMove[];
  readonly urgencies: readonly ShadowMove[];
  readonly types: readonly ShadowMove[];
  readonly rules: readonly TriedRule[];
};

/** Mails named for each count. */
const NAMED_MAX = 5;
const NOTHING: Counted = { count: 0, refs: [] };

export function shadowSums({ asked, first, last, groups }: ShadowCounts): ShadowSums {
  const differing = groups.filter(isOther);
  const { count: differ } = sumOf(differing);
  return {
    asked,
    agree: asked - differ,
    differ,
    first,
    last,
    leaving: sumOf(differing.filter(leaves)),
    lowered: sumOf(differing.filter(({ live, shadow }) => shadow.urgency > live.urgency)),
    raised: sumOf(differing.filter(({ live, shadow }) => shadow.urgency < live.urgency)),
    queues: movesOf(differing, (answer) => answer.queue),
    urgencies: movesOf(differing, (answer): Urgency => answer.urgency),
    types: movesOf(differing, ({ requestType, review }) => `${requestType ?? "none"}${review ? " (review)" : ""}`),
    rules: triedRules(groups),
  };
}

function isOther({ live, shadow }: ShadowGroup): boolean {
  return (
    live.requestType !== shadow.requestType ||
    live.urgency !== shadow.urgency ||
    live.queue !== shadow.queue ||
    live.review !== shadow.review
  );
}

/** As in a replay: from guess to guess people look either way. */
function leaves({ live, shadow }: ShadowGroup): boolean {
  if (live.requestType !== ALWAYS_WATCHED) return false;
  return shadow.review ? !live.review : shadow.requestType !== ALWAYS_WATCHED;
}

function movesOf(groups: readonly ShadowGroup[], of: (answer: ShadowGroup["live"]) => string): readonly ShadowMove[] {
  const moves = new Map<string, ShadowMove>();
  for (const group of groups) {
    const [live, shadow] = [of(group.live), of(group.shadow)];
    if (live === shadow) continue;
    const key = `${live}\0${shadow}`;
    moves.set(key, { live, shadow, ...more(moves.get(key) ?? NOTHING, group) });
  }
  return [...moves.values()].sort((a, b) => b.count - a.count || order(a.live, b.live) || order(a.shadow, b.shadow));
}

function triedRules(groups: readonly ShadowGroup[]): readonly TriedRule[] {
  const rules = new Map<string, TriedRule>();
  for (const group of groups) {
    for (const rule of group.onlyRules) {
      const { spoke, changed } = rules.get(rule) ?? { spoke: NOTHING, changed: NOTHING };
      rules.set(rule, { rule, spoke: more(spoke, group), changed: isOther(group) ? more(changed, group) : changed });
    }
  }
  return [...rules.values()].sort(
    (a, b) => b.changed.count - a.changed.count || b.spoke.count - a.spoke.count || order(a.rule, b.rule),
  );
}

function sumOf(groups: readonly ShadowGroup[]): Counted {
  return groups.reduce<Counted>(more, NOTHING);
}

function more({ count, refs }: Counted, group: ShadowGroup): Counted {
  const newest = [...new Set([...refs, ...group.refs])].sort((a, b) => (idOf(b) ?? 0) - (idOf(a) ?? 0));
  return { count: count + group.count, refs: newest.slice(0, NAMED_MAX) };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

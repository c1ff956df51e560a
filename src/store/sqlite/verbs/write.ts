// The verbs of the writing thread, by name.

import type { LookVerbs, WriteVerbs } from "../calls.ts";
import type { Tables } from "../tables.ts";
import { accept } from "./accept.ts";
import { dropBody, openBody, readBody } from "./body.ts";
import { earlier } from "./earlier.ts";
import { rebindImap } from "./imap.ts";
import { jobOf } from "./job.ts";
import { operate } from "./operate.ts";
import { record } from "./record.ts";
import { standIn } from "./stand-in.ts";
import { correct, teach, undoCorrection } from "./teach.ts";

export function writeVerbs(tables: Tables): WriteVerbs {
  const { bodies, bounces, routings, deliveries, attempts, secrets, ruleSets, model, imap, desk, followUp, operator } =
    tables;
  return {
    openBody: () => openBody(tables),
    appendBody: ({ bodyId }, bytes) => bodies.append(bodyId, bytes),
    dropBody: (call) => dropBody(tables, call),
    accept: (call, bytes) => accept(tables, call, bytes),
    record: (call) => record(tables, call),
    threadKey: () => secrets.threadKey(),
    srsKey: () => secrets.srsKey(),
    linkKey: () => secrets.linkKey(),
    canaryKey: () => secrets.canaryKey(),
    noteBounce: (call) => bounces.note(call),
    holdMessage: ({ messageId, reason, at }) => routings.hold(messageId, reason, at),
    releaseMessages: ({ messageId, at }) => routings.release(messageId, at),
    claim: (call) => deliveries.claim(call).map((id) => jobOf(tables, id)),
    unlease(deliveryIds) {
      for (const deliveryId of deliveryIds) deliveries.unlease(deliveryId);
    },
    finish(call) {
      deliveries.finish(call);
      attempts.insert(call);
    },
    recoverLeases: ({ owner, now }) => deliveries.recover(owner, now),
    operate: (call) => operate(tables, call),
    holdDeliveries: (filter) => operator.hold(filter),
    releaseDeliveries: (filter) => operator.release(filter),
    keepRules: (call) => ruleSets.keep(call),
    modelKey: () => secrets.modelKey(),
    correct: (call) => correct(tables, call),
    undoCorrection: (call) => undoCorrection(tables, call),
    teach: ({ labels, at, by }) => teach(tables, labels, at, by),
    keepTrial: (row) => model.keepTrial(row),
    keepSnapshot: ({ label_id, starter, classes }, bytes) => model.keepSnapshot(label_id, starter, classes, bytes),
    refuseProposal: (row) => model.refuse(row),
    moveImapCursor: ({ account, folder, cursor }) => imap.move(account, folder, cursor),
    imapReconciled: ({ account, folder, at }) => imap.reconciled(account, folder, at),
    imapFetching: ({ account, folder, done, all }) => imap.fetching(account, folder, done, all),
    wishReconcile: ({ at, by }) => imap.wish(at, by),
    rebindImap: ({ origin, at }) => rebindImap(tables, origin, at),
    keepImapPlace: ({ place, messageId, at }) => desk.keepPlace(place, messageId, at),
    imapPlacesGone: (call) => desk.placesGone(call),
    acknowledge: (call) => desk.acknowledge(call),
    noteOutages({ away, well, at }) {
      for (const { queue, code } of away) followUp.begin(queue, code, at);
      for (const each of well) followUp.end(each.queue, each.at, at);
    },
    standIn: (call) => standIn(tables, call),
    addNotice: ({ deliveryId, kind, recipient, at }) => followUp.addNotice(deliveryId, kind, recipient, at),
    noticesSent({ ids, at }) {
      for (const id of ids) followUp.noticeSent(id, at);
    },
    noticesFailed({ ids, nextAt }) {
      for (const id of ids) followUp.noticeFailed(id, nextAt);
    },
    imapMarked({ account, folder, uidValidity, uids, at }) {
      for (const uid of uids) imap.mark(account, folder, uidValidity, uid, at);
    },
  };
}

export function lookVerbs(tables: Tables): LookVerbs {
  const { routings, messages, deliveries, ruleSets, model, pins, overrides, imap, desk, followUp } = tables;
  return {
    undecided: ({ after, limit }) =>
      routings.deciding(after, limit).flatMap((messageId) => {
        const mail = messages.get(messageId);
        const open = routings.ofMessage(messageId).filter((row) => row.state === "deciding");
        return mail === undefined ? [] : [{ messageId, mail, routings: open }];
      }),
    readBody: (call) => readBody(tables, call),
    waitingQueues: () => deliveries.waitingQueues(),
    heldQueues: (reason) => deliveries.heldQueues(reason),
    lastRules: () => ruleSets.last(),
    imapCursor: ({ account, folder }) => imap.cursor(account, folder),
    imapKnown: ({ account, folder, uidValidity, uids }) =>
      uids.filter((uid) => imap.isKnown(account, folder, uidValidity, uid)),
    imapUnmarked: ({ account, folder, uidValidity, limit }) => imap.unmarked(account, folder, uidValidity, limit),
    imapPlaces: (call) => desk.places(call),
    imapPlaceFolders: (account) => desk.placeFolders(account),
    imapSources: (call) => desk.sources(call),
    tellMail: (call) => desk.tell(call),
    deskCase: ({ messageId, account }) => ({
      places: desk.placesOf(messageId, account),
      routings: overrides.placesOf(messageId).map((place) => ({ ...place, queue: place.at_queue })),
    }),
    outages: () => followUp.outages(),
    lastImapWish: () => imap.lastWish(),
    imapFolders: () => imap.folders(),
    rulesOf: (hash) => ruleSets.filesOf(hash),
    taught: (upTo) => model.taught(upTo ?? Number.MAX_SAFE_INTEGER),
    pins: () => pins.all(),
    lessons: ({ after, limit }) => model.lessons(after, limit),
    snapshot: () => model.snapshot(),
    refusedProposals: () => model.refused(),
    overrides: (since) => overrides.since(since),
    earlier: ({ pointers, before }) => earlier(tables, pointers, before ?? Number.MAX_SAFE_INTEGER),
  };
}

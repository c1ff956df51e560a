// Earlier mails as plain rows between the client and the store's threads.

/** What a mail says of an earlier one: its Message-ID, or, where its id could be worked out, that. */
export type Pointer = { readonly id: string; readonly messageId: number | null };

/** An earlier mail and the id it was found by. */
export type EarlierRow = {
  readonly id: string;
  readonly message_id: number;
  readonly mail_from: string;
  readonly original_sender: string | null;
  readonly forwarder: string | null;
  readonly request_type: string | null;
  readonly decided_by: string | null;
};

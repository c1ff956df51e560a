// Where our reading of other parsers' public test mails differs from theirs, each with its reason. A deviation that is
// none any more fails the test that reads this.

type Field = "subject" | "to" | "text" | "html";

/** By mail of Stalwart's: the fields that differ, and why they may. */
export const STALWART_DEVIATIONS: Readonly<
  Record<string, { readonly fields: readonly Field[]; readonly reason: string }>
> = {
  ...of(
    ["legacy/010", "legacy/020", "legacy/022", "legacy/027"],
    ["subject", "to"],
    "Raw windows-1252 in headers is read as that; Stalwart gives replacement characters.",
  ),
  ...of(["legacy/017"], ["to"], "Raw windows-1252 in a name is read as that; Stalwart gives replacement characters."),
  ...of(
    ["legacy/033"],
    ["text"],
    "A text labelled UTF-8 that is windows-1252 is read as that; Stalwart gives replacement characters.",
  ),
  ...of(
    ["legacy/052"],
    ["subject", "to", "text"],
    "Windows-1252 labelled as UTF-8 or not at all is read as that; Stalwart gives replacement characters.",
  ),
  ...of(["legacy/049"], ["text"], "A file uuencoded into the text is listed as an attachment and is not text."),
  ...of(
    ["malformed/001"],
    ["text"],
    "The delimiter of an inner multipart is text once the outer delimiter has closed it.",
  ),
  ...of(["malformed/002"], ["text"], "A multipart without any part is read as text; Stalwart drops what stands in it."),
  ...of(
    ["malformed/003", "malformed/006"],
    ["text"],
    "A text inside two parts that are never closed is read; Stalwart lists it as an attachment.",
  ),
  ...of(
    ["malformed/004", "malformed/007"],
    ["text"],
    "Parts whose boundary cannot be known are shown as they stand, with a defect.",
  ),
  ...of(
    ["malformed/008"],
    ["html"],
    "A part after one that was never closed is read; Stalwart lists it as an attachment.",
  ),
  ...of(
    ["malformed/009", "malformed/011"],
    ["text"],
    "All texts of parts never closed are read; Stalwart lists all but the first as attachments.",
  ),
  ...of(
    ["malformed/016"],
    ["text"],
    "The delimiter of an outer part closes the inner ones, so what follows it with other boundaries is text.",
  ),
  ...of(
    ["malformed/019"],
    ["html"],
    "Bytes of a fuzzer: delimiters in other letters than the boundary and heads torn apart have no right reading.",
  ),
  ...of(
    ["malformed/020", "malformed/021"],
    ["text", "html"],
    "With the first delimiter missing, the HTML form is found as a part; Stalwart takes all for plain text.",
  ),
  ...of(
    ["rfc/000", "rfc/003"],
    ["html"],
    "text/enriched is read as a rich form of the text; Stalwart lists it as an attachment.",
  ),
  ...of(
    ["thirdparty/002"],
    ["text"],
    "Of base64 with garbage after its end more is decoded; what is lost is one word of the garbage.",
  ),
  ...of(
    ["thirdparty/005"],
    ["text"],
    "A closing delimiter at the end of a line of text is text: it must begin a line (RFC 2046 5.1.1).",
  ),
  ...of(
    ["thirdparty/008", "thirdparty/012"],
    ["text"],
    "A text of a kind nobody knows is still a text (RFC 2046 4.1.4); Stalwart lists it as an attachment.",
  ),
};

/** By the beginning of a Date header. */
export const DATE_DEVIATIONS: Readonly<Record<string, string>> = {
  "20 11 (some 44 comments(more c":
    "A month as a number is no date of a mail (RFC 5322 3.3); which number is the day is a guess.",
  "4 8 15 16 23 42, 4 8 15 16 23 ": "Six numbers are no date.",
  "Tue, 1 Jul 2003 ((invalid) com": "A comment that is not closed hides nothing: the date behind it is read.",
  "by 2002:aa7:cd10:0:b0:45c:2c83": "The value of a Received header is no Date header.",
  "Thu, 10 Jul 1997 14:53:31 EST5": "A zone RFC 5322 4.3 does not define counts as UTC.",
};

/** By the beginning of an address header. */
export const ADDRESS_DEVIATIONS: Readonly<Record<string, string>> = {
  "Pete(A nice \\ ) chap) <pete(hi": "A comment torn over lines inside a domain: the domain ends before it.",
  "Mary Smith <@node.test:mary@ex":
    "A route in front of an address (RFC 5322 4.4) is left out, and white space ends a domain.",
  "John Doe <jdoe@machine(comment": "White space inside a domain ends it.",
};

/** By text mime4j decodes: why ours does not hold it as it stands. */
export const MIME4J_DEVIATIONS: Readonly<Record<string, string>> = {
  ...texts(
    [
      "mimetools-testmsgs/2002_06_12_doublebound_decoded_1_3",
      "mimetools-testmsgs/lennie_decoded_1_2",
      "mimetools-testmsgs/multi-igor_decoded_1_2",
      "mimetools-testmsgs/multi-igor_decoded_1_3",
      "mimetools-testmsgs/multi-igor_decoded_1_4",
      "mimetools-testmsgs/multi-igor2_decoded_1_2",
      "mimetools-testmsgs/multi-igor2_decoded_1_3",
      "mimetools-testmsgs/multi-igor2_decoded_1_4",
      "testmsgs/example_decoded_1_4",
    ],
    "A text with a name that is not the first part is a file (RFC 8621 4.1.4): it is listed, not read.",
  ),
  ...texts(
    [
      "mimetools-testmsgs/multi-frag_decoded_1_4",
      "mimetools-testmsgs/multi-nested_decoded_1_4",
      "mimetools-testmsgs/multi-nested2_decoded_1_4",
      "mimetools-testmsgs/multi-nested3_decoded_1_4",
    ],
    "text/richtext becomes HTML: its marks for new lines are turned into those of HTML.",
  ),
  ...texts(
    [
      "mimetools-testmsgs/sig-uu_decoded_1",
      "mimetools-testmsgs/uu-junk_decoded_1_2",
      "mimetools-testmsgs/uu-zeegee_decoded_1",
    ],
    "Files uuencoded into the text are listed as attachments and are not text.",
  ),
  ...texts(
    ["testmsgs/malformedHeaderStartsBody-nocrlfcrlf_decoded_1"],
    "A line that looks like a header below one that cannot be is text; mime4j leaves it out.",
  ),
  ...texts(
    ["testmsgs/multipartnestedemptyparts_decoded_1_1"],
    "mime4j's file holds the attached mail as it stands; we take it apart, and its one part is empty.",
  ),
  ...texts(
    [
      "testmsgs/very-long-boundary_decoded_1_1",
      "testmsgs/very-very-long-boundary_decoded_1_1",
      "testmsgs/weird-boundary_decoded_1_1",
    ],
    "White space at the end of a delimiter does not count (RFC 2046 5.1.1), so a line with less of it is one too.",
  ),
};

function of(names: readonly string[], fields: readonly Field[], reason: string) {
  return Object.fromEntries(names.map((name) => [`${name}.eml`, { fields, reason }]));
}

function texts(names: readonly string[], reason: string) {
  return Object.fromEntries(names.map((name) => [`${name}.txt`, reason]));
}

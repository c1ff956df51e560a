// Marks: what mail programs show by structure as quoted, forwarded or a signature, one case a program.

import { describe, expect, test } from "vitest";
import { htmlText } from "../src/parse/html.ts";

/** The text with marked stretches as "[kind: …]", so that a case shows what is heard and what is not. */
function marked(html: string): string {
  const read = htmlText(html);
  let shown = "";
  let at = 0;
  for (const { kind, start, end } of read.marks) {
    shown += `${read.text.slice(at, start)}[${kind}: ${read.text.slice(start, end)}]`;
    at = end;
  }
  return (shown + read.text.slice(at)).replace(/\n+/g, " / ");
}

describe("marks:", () => {
  const OLD = "<div>old</div>";
  test.each([
    [
      "Gmail",
      'own<div class="gmail_quote gmail_quote_container"><div class="gmail_attr">On Monday Ana wrote:<br></div><blockquote class="gmail_quote">old</blockquote></div>',
      "own / [quoted: On Monday Ana wrote: / old]",
    ],
    [
      "Gmail, answered between the lines",
      'own<div class="gmail_quote"><div class="gmail_attr">Ana wrote:</div><blockquote class="gmail_quote">old<blockquote>older</blockquote></blockquote><div>mine</div><blockquote class="gmail_quote">old</blockquote><div>mine too</div></div>',
      "own / [quoted: Ana wrote: / old / older] / mine / [quoted: old] / mine too",
    ],
    [
      "a forward of Gmail",
      '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message<br>From: Ana</div><br><div>inner</div></div>',
      "[quoted: ---------- Forwarded message / From: Ana / inner]",
    ],
    [
      "Thunderbird",
      '<p>own</p><div class="moz-cite-prefix">On 1.1.26 Ana wrote:<br></div><blockquote type="cite" cite="mid:x">old</blockquote>below<div class="moz-signature">-- <br>Bo</div>',
      "own / [quoted: On 1.1.26 Ana wrote: / old] / below / [signature: -- / Bo]",
    ],
    [
      "a forward of Thunderbird",
      '<p>own</p><div class="moz-forward-container">-------- Forwarded Message --------<table class="moz-email-headers-table"><tr><th>Subject:<td>x</table>inner</div>',
      "own / [forwarded: -------- Forwarded Message -------- / Subject:\tx / inner]",
    ],
    [
      "Apple Mail",
      '<div>own</div><br id="lineBreakAtBeginningOfSignature"><div dir="ltr" id="AppleMailSignature">Sent from my iPhone</div><div><br><blockquote type="cite">On Jan 1, Ana wrote:<br></blockquote></div><blockquote type="cite">old</blockquote>',
      "own / [signature: Sent from my iPhone] / [quoted: On Jan 1, Ana wrote: / old]",
    ],
    [
      "Outlook for Windows",
      `<div class=WordSection1><p class=MsoNormal>own</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal><b>Von:</b> Ana</p></div></div><p class=MsoNormal>old</p></div>`,
      "own / [quoted: Von: Ana / old]",
    ],
    [
      "Outlook for Windows through a browser",
      `own<div style="border-right: none; border-top: 1pt solid rgb(225, 225, 225)"><b>From:</b> Ana</div>old`,
      "own / [quoted: From: Ana / old]",
    ],
    [
      "Outlook, answered beside a blue bar",
      `own<div style='border:none;border-left:solid blue 1.5pt;padding:0in'><div style='border:none;border-top:solid #B5C4DF 1.0pt'>From: Ana</div>old</div>mine`,
      "own / [quoted: From: Ana / old] / mine",
    ],
    [
      "Outlook on the web",
      `<div>own</div><div id="Signature">Bo</div><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg"><b>From:</b> Ana</div>${OLD}`,
      "own / [signature: Bo] / [quoted: From: Ana / old]",
    ],
    [
      "Outlook on the web without its headers",
      `<div>own</div><div id="appendonsend"></div><hr>${OLD}`,
      "own / [quoted: old]",
    ],
    [
      "Outlook on phones",
      `own<div id="ms-outlook-mobile-signature">Get Outlook for iOS</div><div id="mail-editor-reference-message-container">${OLD}</div>`,
      "own / [signature: Get Outlook for iOS] / [quoted: old]",
    ],
    ["Hotmail", `own<hr id="stopSpelling">Date: Monday${OLD}`, "own / [quoted: Date: Monday / old]"],
    [
      "Yahoo",
      `own<div id="ydp1yahoo_quoted_12" class="ydp1yahoo_quoted yahoo_quoted">${OLD}</div>`,
      "own / [quoted: old]",
    ],
    ["Yahoo by its id", `own<div id="yahoo_quoted_12">${OLD}</div>`, "own / [quoted: old]"],
    [
      "Proton",
      `own<div class="protonmail_signature_block">Bo</div><div class="protonmail_quote">On Monday Ana wrote:<br><blockquote class="protonmail_quote" type="cite">old</blockquote><br></div>`,
      "own / [signature: Bo] / [quoted: On Monday Ana wrote: / old]",
    ],
    [
      "Zoho",
      `own<div class="zmail_extra">---- On Monday ----<blockquote>old</blockquote></div>`,
      "own / [quoted: ---- On Monday ---- / old]",
    ],
    [
      "Samsung",
      `own<div id="composer_signature">Sent from my Galaxy</div><div id="quoted_header">-------- Original message --------</div>${OLD}`,
      "own / [signature: Sent from my Galaxy] / [quoted: -------- Original message -------- / old]",
    ],
    ["Front", `own<blockquote type="cite" class="front-blockquote">old</blockquote>`, "own / [quoted: old]"],
    ["GMX", `own<div name="quote" style="margin:10px;border-left:2px solid #C3D9E5">old</div>`, "own / [quoted: old]"],
    [
      "Spark",
      `<div name="messageBodySection">own</div><div name="messageSignatureSection">Bo</div><div name="messageReplySection">old</div>`,
      "own / [signature: Bo] / [quoted: old]",
    ],
    [
      "a blockquote under an attribution",
      "own<p>Am 1. Mai um 10:00 schrieb Ana:</p><blockquote>old</blockquote>mine",
      "own / [quoted: Am 1. Mai um 10:00 schrieb Ana: / old] / mine",
    ],
    [
      "a blockquote with a line beside it",
      '<p>own</p><blockquote style="border-left:1px #ccc solid">old</blockquote>',
      "own / [quoted: old]",
    ],
    [
      "Gmail's signature",
      '<div>own</div><div class="gmail_signature" data-smartmail="gmail_signature">Bo</div>',
      "own / [signature: Bo]",
    ],
    [
      "a signature of Word",
      "<p class=MsoNormal>own</p><p class=MsoAutoSig>Bo</p><p class=MsoAutoSig>Clinic</p>",
      "own / [signature: Bo / Clinic]",
    ],
    [
      "a quotation inside a signature ends it",
      'own<div id="AppleMailSignature">Bo<blockquote type=cite>old</blockquote></div>',
      "own / [signature: Bo] / [quoted: old]",
    ],
  ])("%s", (_, html, expected) => {
    expect(marked(html)).toBe(expected);
  });

  test.each([
    ["a blockquote in the middle", "<p>Please note my new address:</p><blockquote>1 Main St</blockquote><p>Thanks</p>"],
    [
      "indentation by Gmail",
      '<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>my own words</div></blockquote>',
    ],
    ["a line above a footer in a newsletter", '<p>own</p><div style="border-top:1px solid #E1E1E1">contact: us</div>'],
    [
      "a line of Outlook's without headers under it",
      "<p>own</p><div style='border-top:solid #E1E1E1 1.0pt'>and this too</div>more",
    ],
    ["a signature somebody wrote a whole mail in, first thing", '<div id="AppleMailSignature">I have chest pain</div>'],
    ["a hidden quotation", 'own<blockquote type=cite style="display:none">old</blockquote>'],
  ])("%s is the writer's own", (_, html) => {
    expect(htmlText(html).marks).toEqual([]);
  });
});

test("marks stay in order, apart and inside the text, whatever the tags", () => {
  const tags = [
    "<div class=gmail_quote>",
    "<blockquote type=cite>",
    "<div id=Signature>",
    "</div>",
    "</blockquote>",
    "<table><tr><td>",
    "</table>",
    "<hr id=stopSpelling>",
    "<div hidden>",
    "x",
    " y<br>",
    "<li>",
    "<pre> a\n",
  ];
  for (let seed = 0; seed < 3000; seed++) {
    let html = "";
    for (let n = seed * 7919 + 13, i = 0; i < 25; i++, n = (n * 1103515245 + 12345) % 2147483648)
      html += tags[(n >> 8) % tags.length];
    const read = htmlText(html);
    let at = 0;
    for (const { start, end } of read.marks) {
      expect(start, html).toBeGreaterThanOrEqual(at);
      expect(end, html).toBeGreaterThan(start);
      at = end;
    }
    expect(at, html).toBeLessThanOrEqual(read.text.length);
    expect(read.text, html).toBe(read.text.trim());
    expect(read.text, html).not.toMatch(/\n\n\n/);
  }
});

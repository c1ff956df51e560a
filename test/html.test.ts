// HTML as a person reads it: lines, cells, lists, and what is hidden.

import { describe, expect, test } from "vitest";
import { htmlText } from "../src/parse/html.ts";

const text = (html: string) => htmlText(html).text;
describe("lines", () => {
  test.each([
    ["paragraphs have an empty line between them", "<p>one</p><p>two</p>", "one\n\ntwo"],
    ["paragraphs of Word are lines", "<p class=MsoNormal>one</p><p class=MsoNormal>two</p>", "one\ntwo"],
    [
      "an empty paragraph of Word is an empty line",
      "<p class=MsoNormal>one</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>two</p>",
      "one\n\ntwo",
    ],
    ["divs are lines", "<div>one</div><div>two</div>three", "one\ntwo\nthree"],
    ["a div with a break is an empty line", "<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"],
    ["never more than one empty line", "one<br><br><br><p></p><p>&nbsp;</p><p>two</p>", "one\n\ntwo"],
    ["a break at the end of a block is no further line", "<div>one<br></div><div>two</div>", "one\ntwo"],
    [
      "white space is a gap between words",
      "  one \r\n\t <b> two</b><i>three</i>&nbsp;&nbsp;four  ",
      "one twothree four",
    ],
    ["a cell ends what is open in it", "<table><tr><td><p>one</td><td>two</table>", "one\ttwo"],
    ["pre keeps lines and spaces", "<pre>one  1\n  two\n</pre>three", "one  1\n  two\n\nthree"],
    ["pre-wrap too", '<div style="white-space: pre-wrap">one\ntwo</div>', "one\ntwo"],
    [
      "lists have marks",
      "<ul><li>one<li><p>two</p></ul><ol start=3><li>x</li><li>y</li></ol>",
      "- one\n\n- two\n\n3. x\n4. y",
    ],
    ["an inline tag that ends late does not break a line", "<b><p>one</b> more</p>", "one more"],
    [
      "an inline element shown as a block is a line",
      'one<span style="display:block">two</span>three',
      "one\ntwo\nthree",
    ],
    [
      "entities are decoded, also without semicolon",
      "&lt;b&gt; caf&eacute &#146;s &#x1F600; &nosuch; &amp",
      "<b> café ’s 😀 &nosuch; &",
    ],
    ["zero-width characters are kept", "a\u200bb&zwnj;c", "a\u200bb\u200cc"],
    [
      "a link shows its text, a picture nothing",
      '<a href="https://x.example">here</a> <a href="y"><img alt=no></a>now',
      "here now",
    ],
    ["lone < and & are text", "a < b & c <3", "a < b & c <3"],
    ["NUL and lone surrogates do not stay", "a\0b\ud800", "ab\ufffd"],
  ])("%s", (_, html, expected) => {
    expect(text(html)).toBe(expected);
  });
});

describe("tables", () => {
  test.each([
    [
      "cells of a row stand side by side",
      "<table><tr><th>Name</th><td>Ana</td></tr><tr><th>Phone<td>555</table>",
      "Name\tAna\nPhone\t555",
    ],
    [
      "also when each is one paragraph",
      "<table><tr><td><p>Name</p></td><td><p>Ana</p></td></tr><tr><td><div>Phone</div><td>555</table>x",
      "Name\tAna\nPhone\t555\nx",
    ],
    ["an empty cell between two keeps its place", "<table><tr><td>a<td><td>c</table>", "a\t\tc"],
    ["empty cells at the ends leave nothing", "<table><tr><td><td>b<td></table>", "b"],
    [
      "a cell of several lines breaks its row into lines",
      "<table><tr><td>one<br>two<td>three<td>four</table>",
      "one\ntwo\nthree\nfour",
    ],
    [
      "a table for layout does not join what is in it",
      "<table><tr><td><table><tr><td>a<tr><td>b</table><td>c</table>",
      "a\nb\nc",
    ],
    [
      "rows in a table for layout stay rows",
      "<table><tr><td><table><tr><td>k<td>v<tr><td>l<td>w</table></table>",
      "k\tv\nl\tw",
    ],
    ["cells outside of a table are lines", "<td>a<td>b", "a\nb"],
  ])("%s", (_, html, expected) => {
    expect(text(html)).toBe(expected);
  });
});

describe("what nobody sees is not text:", () => {
  test.each([
    [
      "head, style, script, template",
      "<head><title>t</title><style>s</style></head><script>x</script><template>y</template>seen",
    ],
    ["comments, conditional ones too", "<!-- c --><!--[if mso]><p>old</p><![endif]--><![if !mso]>seen<![endif]>"],
    [
      "display:none",
      '<div style="Display : none">no<div>no</div></div>seen<span style="display:none!important">no</span>',
    ],
    ["visibility:hidden", '<span style="visibility:hidden">no</span>seen'],
    ["no size", '<div style="font-size:0px;line-height:0">no</div><span style="font-size:0">no</span>seen'],
    ["the hidden attribute", "<p hidden>no</p>seen"],
    [
      "hidden inputs, buttons to send, options not chosen",
      "<input type=hidden value=no><input type=submit value=no><select><option>no</select>seen",
    ],
  ])("%s", (_, html) => {
    expect(text(html)).toBe("seen");
  });

  test.each([
    [
      "text of a size in a cell of none, as newsletters have it",
      '<td style="font-size:0px"><div style="font-size:13px">seen</div></td>',
    ],
    ["a size below one", '<p style="font-size:0.9em">seen</p>'],
    ["noscript", "<noscript>seen</noscript>"],
    ["what only Outlook hides", '<div style="mso-hide:all">seen</div>'],
    ["a body after a head that never ends", "<head><meta charset=utf-8><p>seen</p>"],
    ["text after the end of the page", "</body></html>seen"],
  ])("but %s is", (_, html) => {
    expect(text(html)).toBe("seen");
  });

  test("what was typed or chosen in a form is", () => {
    expect(
      text(
        "<p>Name <input value='Ana Ruiz'></p><input type=checkbox checked> Billing<p><select><option>a<option selected>b</select><textarea>x &amp; y\nz</textarea>",
      ),
    ).toBe("Name Ana Ruiz\n\n[x] Billing\n\nb\nx & y\nz");
  });
});

describe("limits", () => {
  test("endless HTML is cut, and its beginning is read", () => {
    const read = htmlText(`<p>chest pain</p>${"<p>filler</p>".repeat(100_000)}`);
    expect([read.cut, read.text.slice(0, 10)]).toEqual([true, "chest pain"]);
  });

  test("deep HTML is said to be cut, but its text is read in lines", () => {
    const read = htmlText(`${"<div><b>".repeat(2_000)}chest pain<div>now</div>`);
    expect([read.cut, read.text]).toEqual([true, "chest pain\nnow"]);
  });

  test("tags that never end take only what browsers would not show either", () => {
    expect(text('seen<div title="no')).toBe("seen");
    expect(text("seen<!-- no")).toBe("seen");
    expect(text("seen<style>no")).toBe("seen");
  });
});

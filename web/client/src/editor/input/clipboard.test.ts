// @vitest-environment happy-dom
import { Fragment } from "prosemirror-model";
import { describe, expect, test } from "vitest";
import type { LineAttributes } from "../document/items";
import { lineNode } from "../document/mapping";
import { schema } from "../document/schema";
import { htmlSlice, textSlice } from "./clipboard";
import { ClipboardSerializer, plainText } from "./htmlWriting";

const WAVELET = "localhost/w+1/~/conv+root";

describe("pasting from Word", () => {
  const word = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!--
p.MsoListParagraph {mso-style-priority:34; margin-left:36.0pt;}
--></style></head><body lang=DE style='tab-interval:35.4pt'><!--StartFragment-->
<h1><span style='mso-fareast-font-family:"Times New Roman"'>Plan<o:p></o:p></span></h1>
<p class=MsoNormal><span style='color:black'>A </span><b style='mso-bidi-font-weight:normal'><span
style='color:#C00000'>bold
word</span></b> and <i>italic</i>.<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>First</p>
<p class=MsoListParagraphCxSpLast style='margin-left:72.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span><span
style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp; </span></span></span><![endif]>Second</p>
<!--EndFragment--></body></html>`;

  test("keeps headings, formats and lists, and drops the markers that Word writes as text", () => {
    expect(shown(word)).toEqual([
      "h1: Plan",
      "A *bold word*{#c00000} and /italic/.",
      "",
      "li: First",
      "li decimal 1: Second",
    ]);
  });
});

describe("pasting from Google Docs", () => {
  const docs = `<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr" style="line-height:1.38;margin-top:0pt;"><span style="font-size:11pt;font-family:Arial,sans-serif;color:#000000;background-color:transparent;font-weight:400;font-style:normal;text-decoration:none;white-space:pre-wrap;">Plain and </span><span style="font-size:11pt;color:#000000;font-weight:700;white-space:pre-wrap;">bold</span><a href="https://example.com/x" style="text-decoration:none;"><span style="color:#1155cc;text-decoration:underline;">link</span></a></p><br /><ul style="margin-top:0;"><li dir="ltr" style="list-style-type:disc;" aria-level="1"><p dir="ltr" role="presentation"><span style="font-weight:400;">One</span></p></li><ul><li dir="ltr" aria-level="2"><p dir="ltr"><span>Two 😀</span></p></li></ul></ul></b>`;

  test("is not bold all over, keeps real bold, links and nested lists", () => {
    expect(shown(docs)).toEqual(["Plain and *bold*link<https://example.com/x>", "", "li: One", "li 1: Two 😀"]);
  });
});

describe("pasting from LibreOffice", () => {
  const office = `<!DOCTYPE html><html><head><style type="text/css">p { margin-bottom: 0.1in }</style></head><body lang="en-US"><h2 class="western">Heading</h2>
<p style="line-height: 100%">Some <font color="#ff0000"><b>red</b></font> <u>text</u><br/>
second line</p><ol><li><p>one</p></li><li><p>two</p></li></ol></body></html>`;

  test("keeps what it says with tags", () => {
    expect(shown(office)).toEqual([
      "h2: Heading",
      "Some *red*{#ff0000} _text_",
      "second line",
      "li decimal: one",
      "li decimal: two",
    ]);
  });
});

describe("pasting from web pages", () => {
  test("drops scripts, styles, frames and event handlers, and links that must not be followed", () => {
    const page = `<script>alert(1)</script><style>p{}</style><p onclick="x()">Text <a href="javascript:alert(1)">no</a> <a href="https://e.example/">yes</a></p><object data="x">fallback</object><img src="https://tracker.example/x.png" alt="A picture" onerror="x()">`;
    expect(shown(page)).toEqual(["Text no yes<https://e.example/>", "A picture"]);
  });

  test("flattens tables to a line for each row, and quotes to lines", () => {
    const page =
      "<table><tr><th>Name</th><th>Age</th></tr><tr><td>Ann</td><td><p>3</p><p>4</p></td></tr></table><blockquote><p>said</p></blockquote>";
    expect(shown(page)).toEqual(["*Name* | *Age*", "Ann | 3 4", "said"].map((line) => line.replaceAll("*", "")));
  });

  test("keeps the lines of preformatted text, and white space collapses elsewhere", () => {
    expect(shown("<pre>a  b\nc</pre><div>one <span> two</span>\n three</div>")).toEqual(["a  b", "c", "one two three"]);
  });

  test("what is hidden is not pasted", () => {
    expect(shown(`<p>seen<span style="display:none">hidden</span></p>`)).toEqual(["seen"]);
  });
});

describe("pasting plain text", () => {
  test("makes a line of each line, keeps empty ones, links addresses and drops what is barred", () => {
    const { content } = textSlice("one\r\n\r\nsee https://example.com/a_(b), ok\u0000\nme@example.com");
    expect(lines(content)).toEqual([
      "one",
      "",
      "see https://example.com/a_(b)<https://example.com/a_(b)>, ok",
      "me@example.com<mailto:me@example.com>",
    ]);
  });
});

describe("what is copied", () => {
  const bold = [schema.mark("weight", { value: "bold" })];
  const fragment = Fragment.from([
    lineNode({ t: "h2" }, [schema.text("Title")]),
    lineNode({ a: "c" }, [
      schema.text("a "),
      schema.text("b", bold),
      schema.text("@Bob", [schema.mark("mention", { value: "bob@x" })]),
    ]),
    lineNode({ t: "li" }, [schema.text("one")]),
    lineNode({ t: "li", i: "1", listyle: "decimal" }, [schema.text("two")]),
    lineNode({ t: "li" }, [
      schema.text("three"),
      schema.node("image", { type: "image", attributes: { attachment: "i1" } }),
    ]),
    lineNode({}, [schema.node("reply", { type: "reply", attributes: { id: "t1" } }), schema.text("end")]),
  ]);

  test("is clean HTML that comes back as the same lines", () => {
    const container = document.createElement("div");
    const serializer = new ClipboardSerializer({ wavelet: WAVELET, urlOf: (id) => `/attachments/${id}` });
    serializer.serializeFragment(fragment, { document }, container);
    expect(container.querySelectorAll("ul > li > ol > li")).toHaveLength(1);
    expect(container.querySelectorAll("script, [class], [contenteditable]")).toHaveLength(0);
    const back = htmlSlice(container.innerHTML, WAVELET).content;
    expect(lines(back)).toEqual(["h2: Title", "c: a *b*@Bob", "li: one", "li decimal 1: two", "li: three[i1]", "end"]);
  });

  test("is plain text with the markers of lists", () => {
    expect(plainText(fragment)).toBe("Title\na b@Bob\n- one\n  1. two\n- three\nend");
  });
});

function shown(html: string): readonly string[] {
  return lines(htmlSlice(html, WAVELET).content);
}

/** Lines in a short form: attributes, and texts with signs for their marks. */
function lines(fragment: Fragment): readonly string[] {
  const found: string[] = [];
  fragment.forEach((line) => {
    const { t, listyle, i, a } = (line.attrs as LineAttributes).attributes;
    const head = [t, listyle, i, a].filter((each) => each !== undefined).join(" ");
    let text = "";
    line.forEach((node) => {
      let piece = node.isText ? (node.text ?? "") : `[${String(node.attrs.attributes.attachment)}]`;
      const value = (name: string) =>
        node.marks.find((mark) => mark.type.name === name)?.attrs.value as string | undefined;
      if (value("weight") === "bold") piece = `*${piece}*`;
      if (value("slant") === "italic") piece = `/${piece}/`;
      if (value("decoration") === "underline") piece = `_${piece}_`;
      if (value("color") !== undefined) piece += `{${value("color")}}`;
      if (value("link") !== undefined) piece += `<${value("link")}>`;
      if (value("linkAuto") !== undefined) piece += `<${value("linkAuto")}>`;
      text += piece;
    });
    found.push(head === "" ? text : `${head}: ${text}`);
  });
  return found;
}

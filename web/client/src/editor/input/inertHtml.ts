/**
 * Foreign HTML made fit to be parsed under a strict content security policy.
 *
 * Chromium holds documents made by DOMParser to the page's policy, too: each style in them is reported as a violation,
 * a thousand for a page of Word. So styles are put where only we look for them, before anything is parsed.
 */

const STYLE_ELEMENTS = /<style\b[^>]*>[\s\S]*?<\/style\s*>/gi;
const START_TAG = /<([a-z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?/g;
const MOVED = "data-gs-style";

/** The same HTML without style sheets and event handlers, and with the styles of elements moved to where `styleOf` reads them. */
export function inertHtml(html: string): string {
  return html
    .replace(STYLE_ELEMENTS, "")
    .replace(START_TAG, (_tag, name: string, attributes: string) => `<${name}${inertAttributes(attributes)}>`);
}

/** What the style attribute of an element said that came by `inertHtml`; "" for none. */
export function styleOf(element: Element): string {
  return element.getAttribute(MOVED) ?? element.getAttribute("style") ?? "";
}

function inertAttributes(attributes: string): string {
  return attributes.replace(ATTRIBUTE, (whole, name: string, value: string | undefined) => {
    if (/^style$/i.test(name)) return `${MOVED}${value ?? ""}`;
    return /^on/i.test(name) ? "" : whole;
  });
}
